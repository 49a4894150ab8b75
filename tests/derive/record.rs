//! Reading and writing a record by the positions of its columns.

use std::panic::catch_unwind;

use orm::{Error, FromRow, Model, Record, RowRef, Value};

use crate::fake::{Bound, Row};

#[derive(Debug, Clone, PartialEq, Default, Model)]
struct Patient {
    #[orm(key, auto)]
    id: i64,
    name: String,
    #[orm(column = "born_in")]
    born: Option<i16>,
    #[orm(skip)]
    open: bool,
}

fn ann() -> Patient {
    Patient { id: 7, name: "ann".to_owned(), born: Some(1990), open: true }
}

fn row() -> Row {
    Row(vec![("id", Value::I64(8)), ("name", "bob".into()), ("born_in", Value::Null)])
}

#[test]
fn decode_reads_columns_by_position_and_makes_up_skipped_fields() {
    let row = row();
    let found = Patient::from_row(&RowRef::new(&row)).expect("the row fits");
    assert_eq!(found, Patient { id: 8, name: "bob".to_owned(), born: None, open: false });
}

#[test]
fn decode_names_the_field_that_does_not_fit() {
    let row = Row(vec![("id", Value::I64(8)), ("name", Value::Null), ("born_in", Value::Null)]);
    let error = Patient::from_row(&RowRef::new(&row)).expect_err("a name is not NULL");
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Patient.name"), "{error}");
}

#[test]
fn refill_leaves_skipped_fields_alone() {
    let (row, mut patient) = (row(), ann());
    patient.refill(&RowRef::new(&row)).expect("the row fits");
    assert_eq!(patient, Patient { id: 8, name: "bob".to_owned(), born: None, open: true });
}

#[test]
fn refill_of_a_row_that_does_not_fit_changes_nothing() {
    let row = Row(vec![("id", Value::I64(8)), ("name", "bob".into()), ("born_in", "long ago".into())]);
    let mut patient = ann();
    patient.refill(&RowRef::new(&row)).expect_err("a year is a number");
    assert_eq!(patient, ann());
}

#[test]
fn bind_hands_over_the_field_of_each_column() {
    let mut bound = Bound::default();
    for at in 0..Patient::META.fields.len() {
        ann().bind(at, &mut bound).expect("the values can be stored");
    }
    assert_eq!(bound.0, [Value::I64(7), "ann".into(), Value::I16(1990)]);
}

#[test]
fn values_go_in_and_out_without_their_type() {
    let mut patient = ann();
    patient.set_value(2, Value::I32(2000)).expect("an integer in range");
    assert_eq!(patient.value(2), Value::I16(2000));
    patient.set_value(2, Value::Null).expect("the field is an option");
    assert_eq!(patient.value(2), Value::Null);
    patient.set_value(0, "seven".into()).expect_err("text is no integer");
    assert_eq!(patient.value(0), Value::I64(7));
}

#[test]
fn fields_go_in_and_out_with_their_type() {
    let mut patient = ann();
    let record: &mut dyn Record = &mut patient;
    assert_eq!(record.get(Patient::NAME).map(String::as_str), Some("ann"));
    assert!(record.set(Patient::BORN, None));
    assert!(record.set(Patient::ID, 9));
    assert_eq!(patient, Patient { id: 9, born: None, ..ann() });
}

#[test]
fn columns_of_sql_text_are_found_by_name() {
    let row = Row(vec![
        ("Born_In", Value::I64(1990)),
        ("extra", Value::Null),
        ("ID", Value::I64(1)),
        ("name", "ann".into()),
        ("id", Value::I64(7)),
    ]);
    let positions = Patient::positions(&row).expect("all columns are there");
    assert_eq!(positions, [4, 3, 0]);
    let found = Patient::from_row(&RowRef::new(&row).mapped(&positions)).expect("the row fits");
    assert_eq!(found, Patient { open: false, ..ann() });
}

#[test]
fn a_missing_column_of_sql_text_is_named_with_those_there_are() {
    let row = Row(vec![("id", Value::I64(1)), ("born", Value::Null), ("name", "ann".into())]);
    let error = Patient::positions(&row).expect_err("the column is called born_in");
    assert_eq!(error.to_string(), "the result has no column born_in, which Patient needs; it has id, born, name");
}

#[test]
fn a_position_without_a_column_is_said_so() {
    let panic = catch_unwind(|| ann().value(3)).expect_err("skipped fields are no columns");
    let message = panic.downcast_ref::<String>().map(String::as_str);
    assert_eq!(message, Some("internal error: entered unreachable code: Patient has 3 columns, and no position 3"));
}

#[test]
fn models_without_hooks_have_no_table_of_them() {
    assert!(<Patient as Model>::hooks().is_none());
}
