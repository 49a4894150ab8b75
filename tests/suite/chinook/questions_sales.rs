//! What was sold, to whom, when, and for how much.

use chrono::{NaiveDate, NaiveDateTime};
use orm::prelude::*;
use orm::{Engine, Error};
use rust_decimal::Decimal;

use super::models::{Customer, Employee, Invoice, InvoiceLine};
use super::{Chinook, Questions};
use crate::{Test, cases};

cases![questions_about_sales_have_the_answers_of_plain_sql];

async fn questions_about_sales_have_the_answers_of_plain_sql(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    c.load::<Employee>().await;
    c.load::<Customer>().await;
    c.load::<Invoice>().await;
    c.load::<InvoiceLine>().await;
    let q = &mut c.questions().await;
    every_row_is_stored_as_the_script_has_it(q).await;
    the_sum_of_all_invoices_is_exact(q).await;
    a_decimal_of_sql_text_is_exact_or_refused(q).await;
    invoices_of_a_month_are_found(q).await;
    a_date_is_equal_to_itself_only(q).await;
    invoices_are_counted_by_year(q).await;
    the_oldest_employees_come_first(q).await;
    employees_report_to_employees(q).await;
    the_largest_invoices_come_first(q).await;
    sales_are_summed_by_country(q).await;
    invoices_are_the_sums_of_their_lines(q).await;
    customers_are_found_by_their_employee(q).await;
    the_best_customers_are_read_as_models(q).await;
    customers_are_counted_by_country(q).await;
    customers_who_bought_much_are_found(q).await;
    billing_addresses_are_those_of_the_customers(q).await;
}

fn day(year: i32, month: u32, day: u32) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(year, month, day).unwrap().into()
}

/// The decimal of this many cents.
fn decimal(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

async fn every_row_is_stored_as_the_script_has_it(q: &mut Questions) {
    q.same(q.find().order(Employee::EMPLOYEE_ID.asc()).await.unwrap(), "SELECT * FROM employee ORDER BY employee_id").await;
    q.same(q.find().order(Customer::CUSTOMER_ID.asc()).await.unwrap(), "SELECT * FROM customer ORDER BY customer_id").await;
    q.same(q.find().order(Invoice::INVOICE_ID.asc()).await.unwrap(), "SELECT * FROM invoice ORDER BY invoice_id").await;
    q.same(q.find().order(InvoiceLine::INVOICE_LINE_ID.asc()).await.unwrap(), "SELECT * FROM invoice_line ORDER BY invoice_line_id").await;
}

async fn the_sum_of_all_invoices_is_exact(q: &mut Questions) {
    let typed: Decimal = q.find::<Invoice>().await.unwrap().iter().map(|it| it.total).sum();
    // SQLite's own sum of the script's numbers is 2328.6000000000004.
    q.same([typed], "SELECT round(sum(total), 2) FROM invoice").await;
    let summed: i64 = q.raw(cents!(q, "SELECT", "sum(total)", "FROM invoices"), ()).fetch_one().await.unwrap();
    assert_eq!(decimal(summed), typed);
}

async fn a_decimal_of_sql_text_is_exact_or_refused(q: &mut Questions) {
    let sum: Result<Decimal, Error> = q.raw("SELECT sum(total) FROM invoices", ()).fetch_one().await;
    let above: Result<i64, Error> = q.raw("SELECT count(*) FROM invoices WHERE total > ?", decimal(1_386)).fetch_one().await;
    if q.engine() == Engine::Sqlite {
        // An integer that no column says the digits of, and an argument beside none.
        assert!(matches!(sum, Err(Error::Decode { .. })), "{sum:?}");
        assert!(matches!(above, Err(Error::Unstorable { .. })), "{above:?}");
    } else {
        q.same([sum.unwrap()], "SELECT round(sum(total), 2) FROM invoice").await;
        q.same([above.unwrap()], "SELECT count(*) FROM invoice WHERE total > 13.86").await;
    }
    // A column alone says its digits everywhere.
    let columns: Vec<(i32, Decimal)> =
        q.raw("SELECT customer_id, total FROM invoices WHERE invoice_id > ? ORDER BY invoice_id", 400).fetch().await.unwrap();
    q.same(columns, "SELECT customer_id, total FROM invoice WHERE invoice_id > 400 ORDER BY invoice_id").await;
}

async fn invoices_of_a_month_are_found(q: &mut Questions) {
    let march = Invoice::INVOICE_DATE.ge(day(2023, 3, 1)).and(Invoice::INVOICE_DATE.lt(day(2023, 4, 1)));
    let ours = q.find().where_(march).order(Invoice::INVOICE_ID.asc()).await.unwrap();
    let theirs = "SELECT * FROM invoice WHERE invoice_date >= '2023-03-01 00:00:00' AND invoice_date < '2023-04-01 00:00:00' \
                  ORDER BY invoice_id";
    q.same(ours, theirs).await;
    let from_first_to_last = Invoice::INVOICE_DATE.between(day(2021, 1, 1), day(2021, 1, 6));
    let ours = q.find().where_(from_first_to_last).order(Invoice::INVOICE_DATE.desc()).order(Invoice::INVOICE_ID.asc()).await.unwrap();
    let theirs = "SELECT * FROM invoice WHERE invoice_date BETWEEN '2021-01-01 00:00:00' AND '2021-01-06 00:00:00' \
                  ORDER BY invoice_date DESC, invoice_id";
    q.same(ours, theirs).await;
}

async fn a_date_is_equal_to_itself_only(q: &mut Questions) {
    let ours = q.find().where_(Invoice::INVOICE_DATE.eq(day(2021, 2, 1))).order(Invoice::INVOICE_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM invoice WHERE invoice_date = '2021-02-01 00:00:00' ORDER BY invoice_id").await;
    let days = [day(2021, 1, 1), day(2021, 1, 2), day(2030, 1, 1)];
    let ours = q.find().where_(Invoice::INVOICE_DATE.is_in(days)).order(Invoice::INVOICE_ID.asc()).await.unwrap();
    let theirs = "SELECT * FROM invoice WHERE invoice_date IN ('2021-01-01 00:00:00', '2021-01-02 00:00:00') ORDER BY invoice_id";
    q.same(ours, theirs).await;
    let second_later = day(2021, 1, 1) + chrono::Duration::seconds(1);
    assert!(!q.find().where_(Invoice::INVOICE_DATE.eq(second_later)).exists().await.unwrap());
}

async fn invoices_are_counted_by_year(q: &mut Questions) {
    let text = "SELECT substr(CAST(invoice_date AS char(19)), 1, 4), count(*) FROM invoices WHERE invoice_date > ? GROUP BY 1 ORDER BY 1";
    let ours: Vec<(String, i64)> = q.raw(text, day(2021, 6, 30)).fetch().await.unwrap();
    let theirs = "SELECT substr(CAST(invoice_date AS char(19)), 1, 4), count(*) FROM invoice \
                  WHERE invoice_date > '2021-06-30 00:00:00' GROUP BY 1 ORDER BY 1";
    q.same(ours, theirs).await;
    let text = "SELECT min(invoice_date), max(invoice_date) FROM invoices";
    let ours: (NaiveDateTime, NaiveDateTime) = q.raw(text, ()).fetch_one().await.unwrap();
    q.same([ours], "SELECT min(invoice_date), max(invoice_date) FROM invoice").await;
}

async fn the_oldest_employees_come_first(q: &mut Questions) {
    let ours = q.find().where_(Employee::BIRTH_DATE.lt(day(1970, 1, 1))).order(Employee::BIRTH_DATE.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM employee WHERE birth_date < '1970-01-01 00:00:00' ORDER BY birth_date").await;
    let ours = q.find().order(Employee::HIRE_DATE.desc()).order(Employee::EMPLOYEE_ID.desc()).first().await.unwrap();
    q.same(ours, "SELECT * FROM employee ORDER BY hire_date DESC, employee_id DESC LIMIT 1").await;
}

async fn employees_report_to_employees(q: &mut Questions) {
    let text =
        "SELECT e.first_name, m.first_name FROM employees e LEFT JOIN employees m ON m.employee_id = e.reports_to ORDER BY e.employee_id";
    let ours: Vec<(String, Option<String>)> = q.raw(text, ()).fetch().await.unwrap();
    let theirs = "SELECT e.first_name, (SELECT m.first_name FROM employee m WHERE m.employee_id = e.reports_to) \
                  FROM employee e ORDER BY e.employee_id";
    q.same(ours, theirs).await;
    let ours = q.find().where_(Employee::REPORTS_TO.is_none()).await.unwrap();
    q.same(ours, "SELECT * FROM employee WHERE reports_to IS NULL").await;
}

async fn the_largest_invoices_come_first(q: &mut Questions) {
    let ours = q.find().where_(Invoice::TOTAL.ge(decimal(1_386))).order(Invoice::TOTAL.desc()).order(Invoice::INVOICE_ID.asc());
    q.same(ours.await.unwrap(), "SELECT * FROM invoice WHERE total >= 13.86 ORDER BY total DESC, invoice_id").await;
    let between = Invoice::TOTAL.between(decimal(500), Decimal::TEN);
    let ours = q.find().where_(between).order(Invoice::TOTAL.asc()).order(Invoice::INVOICE_ID.desc()).await.unwrap();
    q.same(ours, "SELECT * FROM invoice WHERE total BETWEEN 5 AND 10 ORDER BY total, invoice_id DESC").await;
    let ours = q.find().where_(Invoice::TOTAL.is_in([decimal(99), decimal(1_990), decimal(1)])).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM invoice WHERE total IN (0.99, 19.9)").await;
}

async fn sales_are_summed_by_country(q: &mut Questions) {
    let text = cents!(q, "SELECT billing_country,", "sum(total)", "FROM invoices GROUP BY billing_country ORDER BY 2 DESC, 1");
    let ours: Vec<(String, i64)> = q.raw(text, ()).fetch().await.unwrap();
    let theirs = "SELECT billing_country, round(sum(total), 2) FROM invoice GROUP BY billing_country \
                  ORDER BY 2 DESC, billing_country BYTEWISE";
    q.same(ours.into_iter().map(|(country, sum)| (country, decimal(sum))), theirs).await;
}

async fn invoices_are_the_sums_of_their_lines(q: &mut Questions) {
    let equal = sql("total = (SELECT sum(l.unit_price * l.quantity) FROM invoice_lines l WHERE l.invoice_id = invoices.invoice_id)", ());
    let ours = q.find::<Invoice>().where_(equal).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM invoice").await;
}

async fn customers_are_found_by_their_employee(q: &mut Questions) {
    let of_jane = sql("support_rep_id IN (SELECT employee_id FROM employees WHERE first_name = ? AND last_name = ?)", ("Jane", "Peacock"));
    let ours = q.find::<Customer>().where_(of_jane).order(Customer::LAST_NAME.asc()).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    let theirs = "SELECT c.* FROM customer c JOIN employee e ON e.employee_id = c.support_rep_id \
                  WHERE e.last_name = 'Peacock' ORDER BY c.last_name BYTEWISE, c.customer_id";
    q.same(ours, theirs).await;
}

async fn the_best_customers_are_read_as_models(q: &mut Questions) {
    let text = "SELECT c.* FROM customers c JOIN invoices i ON i.customer_id = c.customer_id \
                GROUP BY c.customer_id ORDER BY sum(i.total) DESC, c.customer_id LIMIT 5";
    let ours: Vec<Customer> = q.raw(text, ()).fetch().await.unwrap();
    let theirs = "SELECT c.* FROM customer c JOIN (SELECT customer_id, round(sum(total), 2) AS spent FROM invoice GROUP BY customer_id) s \
                  ON s.customer_id = c.customer_id ORDER BY s.spent DESC, c.customer_id LIMIT 5";
    q.same(ours, theirs).await;
}

async fn customers_are_counted_by_country(q: &mut Questions) {
    let text = "SELECT country, count(*), count(state) FROM customers GROUP BY country HAVING count(*) > ? ORDER BY country";
    let ours: Vec<(Option<String>, i64, i64)> = q.raw(text, 1).fetch().await.unwrap();
    let theirs = "SELECT country, count(*), count(state) FROM customer GROUP BY country HAVING count(*) > 1 ORDER BY country BYTEWISE";
    q.same(ours, theirs).await;
}

async fn customers_who_bought_much_are_found(q: &mut Questions) {
    let much = Invoice::TOTAL.gt(decimal(2_000));
    let ours: Vec<i32> = q.find().where_(much).order(Invoice::INVOICE_ID.asc()).await.unwrap().iter().map(|it| it.customer_id).collect();
    q.same(ours.clone(), "SELECT customer_id FROM invoice WHERE total > 20 ORDER BY invoice_id").await;
    let found = q.find().where_(Customer::CUSTOMER_ID.is_in(&ours)).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    let theirs = "SELECT * FROM customer WHERE customer_id IN (SELECT customer_id FROM invoice WHERE total > 20) ORDER BY customer_id";
    q.same(found, theirs).await;
}

async fn billing_addresses_are_those_of_the_customers(q: &mut Questions) {
    let text = "SELECT count(*) FROM invoices i JOIN customers c ON c.customer_id = i.customer_id \
                WHERE i.billing_city = c.city AND (i.billing_state = c.state OR c.state IS NULL)";
    let ours: i64 = q.raw(text, ()).fetch_one().await.unwrap();
    let theirs = "SELECT count(*) FROM invoice i, customer c WHERE c.customer_id = i.customer_id \
                  AND i.billing_city = c.city AND (i.billing_state = c.state OR c.state IS NULL)";
    q.same([ours], theirs).await;
}
