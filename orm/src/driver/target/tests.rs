//! URLs and what they ask for.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::*;

#[cfg(all(feature = "postgres", feature = "mysql"))]
#[test]
fn passwords_are_never_printed() {
    let urls = [
        "postgres://ann:s3cret@db.example:5433/clinic",
        "postgresql://ann:s3cret@db.example/clinic?application_name=x",
        "postgres://db.example/clinic?user=ann&password=s3cret",
        "mysql://ann:s3cret@db.example/clinic",
        "mariadb://ann:s3cret@db.example:3307/clinic",
    ];
    for url in urls {
        let target = Target::parse(url).unwrap();
        let text = format!("{target} {target:?} {target:#?}");
        assert!(!text.contains("s3cret") && !text.contains("ann"), "{text}");
        assert!(text.contains("db.example") && text.contains("clinic"), "{text}");
        assert_eq!(target.user(), "ann");
    }
    assert_eq!(Target::parse(urls[0]).unwrap().to_string(), "postgres://db.example:5433/clinic");
    assert_eq!(Target::parse(urls[4]).unwrap().to_string(), "mariadb://db.example:3307/clinic");
}

#[test]
fn unreadable_urls_say_why_without_the_password() {
    let urls = [
        ("", "no scheme"),
        ("clinic", "no scheme"),
        ("s3cret:host", "scheme is not known"),
        ("oracle://ann:s3cret@host/db", "`oracle`"),
        ("postgres://ann:s3cret@host/db\0", "NUL"),
        #[cfg(feature = "postgres")]
        ("postgres:s3cret", "`://`"),
        #[cfg(feature = "postgres")]
        ("postgres://ann:s3/cret@host/db", "%2F"),
        #[cfg(feature = "postgres")]
        ("postgres://ann:12@s3cret@host/db", "%40"),
        #[cfg(feature = "postgres")]
        ("postgres://ann:s3cret@host:port/db", "port"),
        #[cfg(feature = "postgres")]
        ("postgres://ann:s3cret@host/db?sslmode=s3cret", "parameter"),
        #[cfg(feature = "postgres")]
        ("postgres://ann:s3cret@host/db?colour=red", "`colour`"),
        #[cfg(feature = "postgres")]
        ("postgres://host/db?password=12&s3cret=x", "%26"),
        #[cfg(feature = "postgres")]
        ("postgres://host/db?s3cret", "parameter"),
        #[cfg(feature = "mysql")]
        ("mysql://ann:s3cret@host/db?charset=latin1", "`charset`"),
        #[cfg(not(feature = "mysql"))]
        ("mysql://ann:s3cret@host/db", "feature `mysql`"),
        #[cfg(not(feature = "postgres"))]
        ("postgres://ann:s3cret@host/db", "feature `postgres`"),
        #[cfg(not(feature = "sqlite"))]
        ("sqlite://s3cret.db", "feature `sqlite`"),
    ];
    for (url, part) in urls {
        let error = Target::parse(url).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(part), "{url}: {text}");
        assert!(!text.contains("s3cret") && !text.contains("cret@"), "{text}");
    }
}

#[cfg(all(feature = "postgres", feature = "mysql"))]
fn modes(rest: &str) -> Result<[String; 2]> {
    let mode = |scheme| {
        Ok::<_, crate::error::Error>(match Target::parse(&format!("{scheme}://ann:s3cret@{rest}"))?.options() {
            Options::Postgres(it) => format!("{:?}", it.get_ssl_mode()),
            Options::MySql(it) => format!("{:?}", it.get_ssl_mode()),
            #[cfg(feature = "sqlite")]
            Options::Sqlite(_) => String::new(),
        })
    };
    Ok([mode("postgres")?, mode("mysql")?])
}

#[cfg(all(feature = "postgres", feature = "mysql"))]
#[test]
fn encryption_is_asked_for_in_one_language() {
    for host in ["localhost", "127.0.0.1", "127.8.8.8:5432", "[::1]:5432"] {
        assert_eq!(modes(&format!("{host}/db")).unwrap(), ["Disable", "Disabled"], "{host}");
    }
    let elsewhere = if cfg!(feature = "tls") { ["VerifyFull", "VerifyIdentity"] } else { ["Disable", "Disabled"] };
    for host in ["db.example", "10.0.0.1", "localhost.example", "[::2]"] {
        assert_eq!(modes(&format!("{host}/db")).unwrap(), elsewhere, "{host}");
    }
    assert_eq!(modes("db.example/db?ssl-mode=disable").unwrap(), ["Disable", "Disabled"]);
    assert_eq!(modes("db.example/db?ssl-mode=require&sslmode=PREFERRED").unwrap(), ["Prefer", "Preferred"]);
    for wrong in ["ssl-mode=", "ssl-mode=allow", "ssl-mode=s3cret", "ssl-mode"] {
        let said = modes(&format!("db.example/db?{wrong}")).unwrap_err().to_string();
        assert!(said.contains("`ssl-mode` is one of") && !said.contains("s3cret"), "{said}");
    }
}

#[cfg(all(feature = "postgres", feature = "mysql", feature = "tls"))]
#[test]
fn encryption_has_five_modes() {
    for (word, expected) in [
        ("require", ["Require", "Required"]),
        ("REQUIRED", ["Require", "Required"]),
        ("verify-ca", ["VerifyCa", "VerifyCa"]),
        ("VERIFY_CA", ["VerifyCa", "VerifyCa"]),
        ("verify-full", ["VerifyFull", "VerifyIdentity"]),
        ("VERIFY_IDENTITY", ["VerifyFull", "VerifyIdentity"]),
    ] {
        assert_eq!(modes(&format!("localhost/db?sslmode={word}")).unwrap(), expected, "{word}");
    }
    // Whoever names a certificate wants it looked at, also here.
    assert_eq!(modes("localhost/db?ssl-ca=/ca.pem").unwrap(), ["VerifyFull", "VerifyIdentity"]);
}

#[cfg(all(feature = "postgres", feature = "mysql", not(feature = "tls")))]
#[test]
fn encryption_that_is_not_compiled_in_is_refused() {
    for asked in ["ssl-mode=require", "sslmode=verify-ca", "ssl-mode=VERIFY_IDENTITY", "ssl-ca=/ca.pem"] {
        let said = modes(&format!("localhost/db?{asked}")).unwrap_err().to_string();
        assert!(said.contains("feature `tls`"), "{said}");
    }
    assert_eq!(modes("localhost/db?ssl-mode=prefer").unwrap(), ["Prefer", "Preferred"]);
}
