//! Where the check has its databases: files of its own, or databases on a server.

use std::path::PathBuf;

use orm::{AssertSqlSafe, Db};

use crate::client::Result;

/// A folder for the settings, and the databases.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    server: Option<Db>,
    names: [String; 2],
    urls: [String; 2],
}

impl Place {
    pub(crate) async fn make(server: Option<&str>) -> Result<Self> {
        let name = format!("orm_clinic_{}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder)?;
        let names = [name.clone(), format!("{name}_reports")];
        let Some(url) = server else {
            let urls = ["clinic.db", "reports.db"].map(|it| format!("sqlite://{}", folder.join(it).display()));
            return Ok(Self { folder, server: None, names, urls });
        };
        let (base, _) = url.rsplit_once('/').ok_or("the URL of a server names a database")?;
        let db = Db::open(url).await?;
        for name in &names {
            db.raw(AssertSqlSafe(format!("CREATE DATABASE {name}")), ()).execute().await?;
        }
        let urls = names.clone().map(|it| format!("{base}/{it}"));
        Ok(Self { folder, server: Some(db), names, urls })
    }

    /// The settings as in the file that is kept beside this, but for where the databases are.
    pub(crate) fn settings(&self) -> String {
        include_str!("clinic.toml").replace("sqlite://clinic.db", &self.urls[0]).replace("sqlite://reports.db", &self.urls[1])
    }

    /// Whether the databases are files, which can be put away.
    pub(crate) fn is_files(&self) -> bool {
        self.server.is_none()
    }

    pub(crate) async fn clean(self) -> Result<()> {
        if let Some(db) = self.server {
            for name in &self.names {
                db.raw(AssertSqlSafe(format!("DROP DATABASE {name}")), ()).execute().await?;
            }
        }
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }
}
