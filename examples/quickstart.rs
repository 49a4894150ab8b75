//! Run with `cargo run --example quickstart`.
//!
//! Patients and their visits in a SQLite file: tables from models, typed reads
//! and writes, two callbacks, transactions, and a report.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use chrono::{Days, NaiveDate};
use orm::prelude::*;
use rust_decimal::Decimal;

/// Someone who takes part in the study.
#[derive(Debug, Clone, Default, Model)]
struct Patient {
    #[orm(key, auto)]
    id: i64,
    /// Printed on the file.
    #[orm(unique)]
    number: String,
    name: String,
    visits: u32,
    recorded_by: String,
}

/// One patient on one day.
#[derive(Debug, Clone, Default, Model)]
#[orm(unique(patient, day))]
struct Visit {
    #[orm(key, auto)]
    id: i64,
    patient: i64,
    day: NaiveDate,
    #[orm(precision = 5, scale = 1)]
    weight: Decimal,
    pulse: Option<u16>,
    recorded_by: String,
}

/// A line of the report: a patient, and what the visits come to.
#[derive(Row)]
struct Total {
    number: String,
    name: String,
    visits: u32,
    recorded: i64,
    pulse: Option<f64>,
    recorded_by: String,
}

/// Who works with the database; travels with a session, callbacks find it there.
struct Nurse(&'static str);

/// A callback: writes into every new record who recorded it.
async fn stamp(cx: &mut Context) -> orm::Result<()> {
    let Some(&Nurse(name)) = cx.setting() else {
        return Err(orm::Error::other("nobody is signed in"));
    };
    for record in cx.records_mut() {
        record.set_by_name("recorded_by", name)?;
    }
    Ok(())
}

/// A callback around the rest of its chain: prints what ran and how long it took.
async fn print(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
    let start = Instant::now();
    let result = next.run(cx).await;
    let time = start.elapsed().as_secs_f64() * 1e3;
    let model = cx.statement().model().map_or("-", |it| it.name);
    let rows = cx.outcome().affected.max(cx.len() as u64);
    let end = result.as_ref().err().map_or_else(|| format!("rows: {rows}"), |error| format!("failed: {error}"));
    println!("  {time:9.3} ms  {:<6}  {model:<7}  {end}", cx.kind().name());
    result
}

async fn open(folder: &Path) -> orm::Result<Db> {
    Db::builder(&format!("sqlite://{}/quickstart.db", folder.display()))
        .callbacks(|on| {
            // Before the transaction: it changes records only, so that one new
            // record stays one statement.
            on.create().before("orm:transaction").register("app:stamp", stamp);
            for chain in on.each() {
                chain.before("*").register("app:print", print);
            }
        })
        .open()
        .await
}

/// Records a visit and counts it; both, or neither. Works on the pool and in a transaction.
async fn visit(db: &Session, patient: &Patient, day: NaiveDate, weight: Decimal, pulse: Option<u16>) -> orm::Result<Visit> {
    db.transaction(async |tx| {
        tx.update_all(Patient::ID.eq(patient.id)).set(Patient::VISITS, Patient::VISITS.plus(1)).await?;
        tx.create(Visit { patient: patient.id, day, weight, pulse, ..Visit::default() }).await
    })
    .await
}

async fn study(db: &Session) -> orm::Result<()> {
    println!("What a new record runs through:\n{:#}", db.callbacks().create());

    println!("\nTables and patients:");
    db.create_tables::<(Patient, Visit)>().await?;
    let new = |number: &str, name: &str| Patient { number: number.into(), name: name.into(), ..Patient::default() };
    let ann = db.create(new("P-01", "Ann")).await?;
    let rest = db.create_many([new("P-02", "Bob"), new("P-03", "Cleo"), new("P-04", "Dan")]).await?;
    let bob = db.update(rest[0].clone()).set(Patient::NAME, "Robert").await?;

    println!("\nA number that is taken:");
    match db.create(new("P-01", "Eve")).or_return().await {
        Ok(patient) => println!("  {} is in", patient.name),
        Err(failed) if failed.error().is_unique_violation() => {
            let patient = Patient { number: "P-05".into(), ..failed.into_record() };
            let patient = db.create(patient).await?;
            println!("  {} has the number {} instead", patient.name, patient.number);
        }
        Err(failed) => return Err(failed.into()),
    }

    println!("\nVisits, each in a nested transaction:");
    let monday = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap_or_default();
    let tuesday = monday + Days::new(1);
    db.transaction(async |tx| {
        visit(tx, &ann, monday, Decimal::new(612, 1), Some(64)).await?;
        visit(tx, &ann, tuesday, Decimal::new(609, 1), Some(71)).await?;
        visit(tx, &bob, monday, Decimal::new(845, 1), None).await?;
        // The second visit of a day is refused, and its count is undone with
        // it; the outer transaction goes on.
        if let Err(error) = visit(tx, &ann, monday, Decimal::new(700, 1), None).await {
            println!("  refused: {error}");
        }
        Ok(())
    })
    .await?;

    println!("\nA transaction that is rolled back:");
    let undone = db.transaction(async |tx| {
        let gone = tx.delete_all(every::<Visit>()).await?;
        Err::<(), _>(orm::Error::other(format!("{gone} visits were nearly lost")))
    });
    if let Err(error) = undone.await {
        println!("  rolled back: {error}");
    }

    println!("\nReads:");
    let idle = db.find().where_(Patient::VISITS.eq(0)).order(Patient::NAME.asc()).await?;
    let heavy = db.find().where_(Visit::WEIGHT.gt(Decimal::new(60, 0)).and(Visit::PULSE.is_some())).count().await?;
    let heaviest = db.find::<Visit>().select(Visit::WEIGHT.max()).first().await?.flatten().unwrap_or_default();
    let totals: Vec<Total> = db
        .raw(
            "SELECT p.number, p.name, p.visits, count(v.id) AS recorded, avg(v.pulse) AS pulse, p.recorded_by
             FROM patients p LEFT JOIN visits v ON v.patient = p.id
             GROUP BY p.id ORDER BY p.number",
            (),
        )
        .fetch()
        .await?;

    println!("\nNumber  Patient  Counted  Visits  Pulse  Recorded by");
    for Total { number, name, visits, recorded, pulse, recorded_by } in totals {
        let pulse = pulse.map_or_else(|| "-".into(), |it| format!("{it:.1}"));
        println!("{number:<6}  {name:<7}  {visits:>7}  {recorded:>6}  {pulse:>5}  {recorded_by}");
    }
    let names: Vec<_> = idle.iter().map(|it| it.name.as_str()).collect();
    println!("Without a visit: {}. Heaviest: {heaviest} kg. Above 60 kg and with a pulse: {heavy} visits.", names.join(", "));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("orm-quickstart-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = async {
        let db = open(&folder).await?;
        study(&db.session().with(Nurse("Kim"))).await?;
        db.close();
        Ok(())
    };
    let result: orm::Result<()> = result.await;
    std::fs::remove_dir_all(&folder)?;
    Ok(result?)
}
