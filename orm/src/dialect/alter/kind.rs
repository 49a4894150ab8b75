//! Of which kind the values of a column are, by the name of its type.

use crate::dialect::{Engine, types};
use crate::statement::TableColumn;
use crate::value::SqlType;

/// Of which kind the values of a column are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    /// Integers between these, both included.
    Integer(i128, i128),
    Decimal {
        precision: u32,
        scale: u32,
    },
    Real,
    Double,
    /// Text of at most so many characters.
    Text(Option<u32>),
    /// At most so many bytes.
    Bytes(Option<u32>),
    Timestamp,
    DateTime,
    Date,
    Time,
    Uuid,
    Json,
    /// A list, of values of this type on PostgreSQL.
    List(String),
    /// What this crate makes no columns of.
    Other(String),
}

const I64: Kind = Kind::Integer(i64::MIN as i128, i64::MAX as i128);

/// The longest `VARCHAR` of an index on MariaDB and MySQL, in a table that is made here.
const INDEXED: u32 = 255;

impl Kind {
    /// What a model says.
    pub(super) fn of(engine: Engine, column: &TableColumn) -> Self {
        if let Some(ty) = &column.column_type {
            return Self::named(engine, ty);
        }
        let signed = |bits: u32| Self::Integer(-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1);
        let short = column.indexed && engine.is_mysql_family();
        match column.ty {
            SqlType::Boolean => Self::Boolean,
            SqlType::TinyInt => signed(8),
            SqlType::SmallInt => signed(16),
            SqlType::Integer => signed(32),
            SqlType::BigInt | SqlType::IntegerEnum(_) => I64,
            SqlType::Unsigned(most) if engine.is_mysql_family() => Self::Integer(0, most.into()),
            SqlType::Unsigned(most) => Self::Integer(0, i128::from(most).min(i64::MAX.into())),
            SqlType::Real if engine == Engine::Sqlite => Self::Double,
            SqlType::Real => Self::Real,
            SqlType::Double => Self::Double,
            SqlType::VarChar(most) => Self::Text(Some(most)),
            SqlType::Enum(_) if engine.is_mysql_family() => Self::Text(Some(INDEXED)),
            SqlType::Text | SqlType::Enum(_) => Self::Text(short.then_some(INDEXED)),
            SqlType::VarBytes(most) => Self::Bytes(Some(most)),
            SqlType::Bytes => Self::Bytes(short.then_some(INDEXED)),
            SqlType::Timestamp => Self::Timestamp,
            SqlType::DateTime => Self::DateTime,
            SqlType::Date => Self::Date,
            SqlType::Time => Self::Time,
            SqlType::Decimal { precision, scale } => Self::Decimal { precision: precision.into(), scale: scale.into() },
            SqlType::Uuid => Self::Uuid,
            SqlType::Json => Self::Json,
            SqlType::Array(of) => Self::List(types::postgres_type(*of).to_owned()),
        }
    }

    /// What the name of a type says.
    pub(super) fn named(engine: Engine, ty: &str) -> Self {
        let ty = ty.to_ascii_lowercase();
        // What stands behind a type does not change what it holds.
        let ty = [" collate ", " character set ", " not null", " default "].iter().fold(&*ty, |ty, tail| match ty.split_once(tail) {
            Some((ty, _)) => ty,
            None => ty,
        });
        let (name, numbers) = parsed(ty);
        let name = name.as_str();
        match engine {
            Engine::Sqlite => by_affinity(name, &numbers),
            Engine::Postgres => by_name_on_postgres(name, &numbers),
            Engine::MariaDb | Engine::MySql => by_name_on_mysql(name, &numbers),
        }
    }

    /// What PostgreSQL calls the type of a column that is made here.
    pub(super) fn name_on_postgres(column: &TableColumn) -> Option<String> {
        if column.column_type.is_some() {
            return None;
        }
        Some(match column.ty {
            SqlType::VarChar(most) => format!("character varying({most})"),
            SqlType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
            SqlType::Timestamp => "timestamp with time zone".to_owned(),
            SqlType::DateTime => "timestamp without time zone".to_owned(),
            SqlType::Time => "time without time zone".to_owned(),
            // Lists are not compared so deeply: the type is said again, which changes nothing.
            SqlType::Array(_) => return None,
            ty => types::postgres_type(ty).to_owned(),
        })
    }
}

/// `character varying` and 20 of `character varying(20)`; `timestamp with time zone` of `timestamp(6) with time zone`.
fn parsed(ty: &str) -> (String, Vec<u32>) {
    let (before, rest) = ty.split_once('(').unwrap_or((ty, ""));
    let (inside, behind) = rest.split_once(')').unwrap_or((rest, ""));
    let name = format!("{before} {behind}").split_whitespace().collect::<Vec<_>>().join(" ");
    (name, inside.split(',').filter_map(|it| it.trim().parse().ok()).collect())
}

fn decimal(numbers: &[u32], (precision, scale): (u32, u32)) -> Kind {
    Kind::Decimal { precision: *numbers.first().unwrap_or(&precision), scale: *numbers.get(1).unwrap_or(&scale) }
}

/// As SQLite itself reads the name of a type, but for the one that is ours.
fn by_affinity(name: &str, numbers: &[u32]) -> Kind {
    let has = |any: &[&str]| any.iter().any(|it| name.contains(it));
    match name {
        "decimal_int" => decimal(numbers, (18, 6)),
        _ if has(&["int"]) => I64,
        _ if has(&["char", "clob", "text"]) => Kind::Text(None),
        _ if has(&["blob"]) => Kind::Bytes(None),
        _ if has(&["real", "floa", "doub"]) => Kind::Double,
        _ => Kind::Other(name.to_owned()),
    }
}

fn by_name_on_postgres(name: &str, numbers: &[u32]) -> Kind {
    let most = numbers.first().copied();
    match name {
        "boolean" | "bool" => Kind::Boolean,
        "smallint" | "int2" => Kind::Integer(i16::MIN.into(), i16::MAX.into()),
        "integer" | "int" | "int4" => Kind::Integer(i32::MIN.into(), i32::MAX.into()),
        "bigint" | "int8" => I64,
        "numeric" | "decimal" if numbers.is_empty() => decimal(&[], (u32::MAX, u32::MAX)),
        "numeric" | "decimal" => decimal(numbers, (0, 0)),
        "real" | "float4" => Kind::Real,
        "double precision" | "float8" => Kind::Double,
        "text" => Kind::Text(None),
        "character varying" | "varchar" => Kind::Text(most),
        "bytea" => Kind::Bytes(None),
        "timestamp with time zone" | "timestamptz" => Kind::Timestamp,
        "timestamp without time zone" | "timestamp" => Kind::DateTime,
        "date" => Kind::Date,
        "time without time zone" | "time" => Kind::Time,
        "uuid" => Kind::Uuid,
        "jsonb" | "json" => Kind::Json,
        _ => match name.strip_suffix("[]") {
            Some(of) => Kind::List(short(of.trim_end()).to_owned()),
            None => Kind::Other(format!("{name}{numbers:?}")),
        },
    }
}

/// The elements of a list, as they are called where a table is made.
fn short(name: &str) -> &str {
    match name {
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time without time zone" => "time",
        other => other,
    }
}

fn by_name_on_mysql(name: &str, numbers: &[u32]) -> Kind {
    let most = numbers.first().copied();
    let (name, unsigned) = match name.trim_end_matches(" zerofill").strip_suffix(" unsigned") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let integer = |bits: u32| match unsigned {
        true => Kind::Integer(0, (1_i128 << bits) - 1),
        false => Kind::Integer(-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
    };
    match name {
        "boolean" | "bool" => Kind::Boolean,
        "tinyint" => integer(8),
        "smallint" => integer(16),
        "mediumint" => integer(24),
        "int" | "integer" => integer(32),
        "bigint" => integer(64),
        "decimal" | "numeric" if !unsigned => decimal(numbers, (10, 0)),
        "float" if !unsigned && numbers.is_empty() => Kind::Real,
        "double" if !unsigned && numbers.is_empty() => Kind::Double,
        "varchar" | "char" => Kind::Text(most),
        "tinytext" | "text" | "mediumtext" | "longtext" => Kind::Text(None),
        "binary" if most == Some(16) => Kind::Uuid,
        "varbinary" => Kind::Bytes(most),
        "tinyblob" | "blob" | "mediumblob" | "longblob" => Kind::Bytes(None),
        // Sessions are in UTC, so that the one is shown as the other.
        "datetime" | "timestamp" => Kind::DateTime,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "json" => Kind::Json,
        _ => Kind::Other(format!("{name}{numbers:?}")),
    }
}
