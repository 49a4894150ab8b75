//! Changes of some rows among thousands, which must stay as they are.

use orm::Error;
use orm::prelude::*;
use rust_decimal::Decimal;

use super::Chinook;
use super::models::{Customer, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTrack, Track};
use crate::{Test, cases};

cases![
    the_prices_of_a_genre_are_raised,
    tracks_move_to_another_media_type,
    a_playlist_goes_with_its_tracks_in_one_transaction,
    a_bulk_delete_that_is_rolled_back_deletes_nothing,
    a_record_with_a_key_of_two_columns_is_changed_and_deleted,
    optional_columns_are_saved_as_null_and_back,
    a_second_customer_with_an_email_undoes_its_own_part_only,
    lines_go_with_the_invoices_of_a_country,
    a_list_with_a_key_that_is_taken_stores_nothing,
];

/// Count, and sums of what is in the rows, by plain SQL.
async fn checksum(t: &Test, what: &str, rows: &str) -> Vec<Vec<String>> {
    let sums = t.plain().await.rows(&format!("SELECT count(*), {what} FROM {rows}")).await;
    assert_ne!(sums[0][0], "0", "no rows to look after: {rows}");
    sums
}

const TRACK: &str = "sum(track_id), sum(album_id), sum(media_type_id), sum(genre_id), sum(milliseconds), sum(bytes), sum(unit_price), \
                     sum(length(name)), count(composer), sum(length(composer))";
const CUSTOMER: &str = "sum(customer_id), sum(length(first_name)), sum(length(last_name)), count(company), sum(length(company)), \
                        count(fax), sum(length(email)), sum(support_rep_id)";
const PLAYLIST_TRACK: &str = "sum(playlist_id), sum(track_id), max(track_id), min(track_id)";

async fn the_prices_of_a_genre_are_raised(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let genres = c.load::<Genre>().await;
    let tracks = c.load::<Track>().await;
    let jazz = genres.iter().find(|it| it.name.as_deref() == Some("Jazz")).unwrap().genre_id;
    let others = format!("tracks WHERE genre_id <> {jazz}");
    let before = checksum(&c, TRACK, &others).await;

    let of_jazz = Track::GENRE_ID.eq(jazz);
    let raised = c.update_all(of_jazz.clone()).set(Track::UNIT_PRICE, Track::UNIT_PRICE.plus(Decimal::new(11, 2))).await.unwrap();
    let expected: Vec<_> = tracks.into_iter().filter(|it| it.genre_id == Some(jazz)).collect();
    assert_eq!(raised, expected.len() as u64);
    let expected: Vec<_> = expected.into_iter().map(|it| Track { unit_price: it.unit_price + Decimal::new(11, 2), ..it }).collect();
    assert_eq!(c.find().where_(of_jazz).order(Track::TRACK_ID.asc()).await.unwrap(), expected);
    assert_eq!(checksum(&c, TRACK, &others).await, before);

    // One of them once more, with two columns of its own.
    let one = expected[3].clone();
    let changed = c.update(one.clone()).set(Track::UNIT_PRICE, Track::UNIT_PRICE.minus(one.unit_price)).set(Track::COMPOSER, None).await;
    let changed = changed.unwrap();
    assert_eq!(changed, Track { unit_price: Decimal::ZERO, composer: None, ..one });
    assert_eq!(c.get::<Track>(changed.track_id).await.unwrap(), changed);
    assert_eq!(checksum(&c, TRACK, &others).await, before);
}

async fn tracks_move_to_another_media_type(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    c.load::<MediaType>().await;
    c.load::<Track>().await;
    let before = checksum(&c, TRACK, "tracks WHERE media_type_id NOT IN (3, 5)").await;
    let from = c.find().where_(Track::MEDIA_TYPE_ID.eq(5)).count().await.unwrap();
    let to = c.find().where_(Track::MEDIA_TYPE_ID.eq(3)).count().await.unwrap();
    assert!(from > 0 && to > 0);

    let of_type = sql("media_type_id IN (SELECT media_type_id FROM media_types WHERE name LIKE ?)", "AAC%");
    assert_eq!(c.update_all::<Track>(of_type).set(Track::MEDIA_TYPE_ID, 3).await.unwrap(), from);
    assert_eq!(c.find().where_(Track::MEDIA_TYPE_ID.eq(5)).count().await.unwrap(), 0);
    assert_eq!(c.find().where_(Track::MEDIA_TYPE_ID.eq(3)).count().await.unwrap(), from + to);
    assert_eq!(checksum(&c, TRACK, "tracks WHERE media_type_id <> 3").await, before);

    assert_eq!(c.update_all(Track::MEDIA_TYPE_ID.eq(99)).set(Track::GENRE_ID, None).await.unwrap(), 0);
    assert_eq!(checksum(&c, TRACK, "tracks WHERE media_type_id <> 3").await, before);
}

async fn a_playlist_goes_with_its_tracks_in_one_transaction(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let playlists = c.load::<Playlist>().await;
    let inside = c.load::<PlaylistTrack>().await;
    let before = checksum(&c, PLAYLIST_TRACK, "playlist_tracks WHERE playlist_id <> 5").await;
    let nineties = playlists.iter().find(|it| it.playlist_id == 5).unwrap().clone();

    let gone = c.transaction(async |tx| {
        let gone = tx.delete_all(PlaylistTrack::PLAYLIST_ID.eq(5)).await?;
        // Only this transaction sees it yet.
        assert!(!tx.find().where_(PlaylistTrack::PLAYLIST_ID.eq(5)).exists().await?);
        tx.delete(nineties.clone()).await?;
        Ok(gone)
    });
    assert_eq!(gone.await.unwrap(), inside.iter().filter(|it| it.playlist_id == 5).count() as u64);
    assert!(c.get::<Playlist>(5).await.unwrap_err().is_not_found());
    let left: Vec<_> = playlists.into_iter().filter(|it| it.playlist_id != 5).collect();
    assert_eq!(c.find().order(Playlist::PLAYLIST_ID.asc()).await.unwrap(), left);
    assert_eq!(checksum(&c, PLAYLIST_TRACK, "playlist_tracks").await, before);
}

async fn a_bulk_delete_that_is_rolled_back_deletes_nothing(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let tracks = c.load::<Track>().await;
    let inside = c.load::<PlaylistTrack>().await;
    let failed = c.transaction(async |tx| {
        assert_eq!(tx.delete_all(every::<PlaylistTrack>()).await?, inside.len() as u64);
        assert_eq!(tx.delete_all(Track::TRACK_ID.gt(10)).await?, tracks.len() as u64 - 10);
        assert_eq!(tx.find::<Track>().count().await?, 10);
        tx.get::<Track>(11).await
    });
    assert!(failed.await.unwrap_err().is_not_found());
    assert_eq!(c.find().order(Track::TRACK_ID.asc()).await.unwrap(), tracks);
    assert_eq!(c.find::<PlaylistTrack>().count().await.unwrap(), inside.len() as u64);
}

async fn a_record_with_a_key_of_two_columns_is_changed_and_deleted(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let inside = c.load::<PlaylistTrack>().await;
    let bystanders = "playlist_tracks WHERE NOT (playlist_id = 17 AND track_id IN (3290, 9999))";
    let before = checksum(&c, PLAYLIST_TRACK, bystanders).await;
    let key = PlaylistTrack::PLAYLIST_ID.eq(17).and(PlaylistTrack::TRACK_ID.eq(3_290));

    // A key is changed by a condition; a record is found by it.
    assert_eq!(c.update_all(key).set(PlaylistTrack::TRACK_ID, 9_999).await.unwrap(), 1);
    assert!(c.get::<PlaylistTrack>((17, 3_290)).await.unwrap_err().is_not_found());
    let moved = c.get::<PlaylistTrack>((17, 9_999)).await.unwrap();
    assert_eq!(checksum(&c, PLAYLIST_TRACK, bystanders).await, before);

    assert_eq!(c.save(moved.clone()).await.unwrap(), moved);
    c.delete(moved.clone()).await.unwrap();
    assert!(c.delete(moved.clone()).await.unwrap_err().is_not_found());
    assert!(c.save(moved.clone()).await.unwrap_err().is_not_found());
    assert_eq!(c.find::<PlaylistTrack>().count().await.unwrap(), inside.len() as u64 - 1);
    assert_eq!(c.create(PlaylistTrack { track_id: 3_290, ..moved }).await.unwrap(), c.get((17, 3_290)).await.unwrap());
    assert!(c.create(inside[0].clone()).await.unwrap_err().is_unique_violation());
    assert_eq!(c.find::<PlaylistTrack>().count().await.unwrap(), inside.len() as u64);
    assert_eq!(checksum(&c, PLAYLIST_TRACK, bystanders).await, before);
}

async fn optional_columns_are_saved_as_null_and_back(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let customers = c.load::<Customer>().await;
    let before = checksum(&c, CUSTOMER, "customers WHERE customer_id <> 1").await;
    let luis = customers[0].clone();
    assert!(luis.company.is_some() && luis.fax.is_some() && luis.support_rep_id.is_some());

    let bare = Customer { company: None, address: None, city: None, state: None, fax: None, support_rep_id: None, ..luis.clone() };
    assert_eq!(c.save(bare.clone()).await.unwrap(), bare);
    assert_eq!(c.get::<Customer>(1).await.unwrap(), bare);
    let nulls = Customer::COMPANY.is_none().and(Customer::CITY.is_none());
    assert_eq!(c.find().where_(nulls).await.unwrap(), std::slice::from_ref(&bare));
    // An empty text is no NULL.
    let empty = c.update(bare).set(Customer::COMPANY, "").set(Customer::FAX, Some("ü".to_owned())).await.unwrap();
    assert_eq!((empty.company.as_deref(), empty.fax.as_deref()), (Some(""), Some("ü")));
    assert_eq!(c.get::<Customer>(1).await.unwrap(), empty);
    assert_eq!(c.save(luis.clone()).await.unwrap(), luis);
    assert_eq!(c.find().order(Customer::CUSTOMER_ID.asc()).await.unwrap(), customers);
    assert_eq!(checksum(&c, CUSTOMER, "customers WHERE customer_id <> 1").await, before);
}

async fn a_second_customer_with_an_email_undoes_its_own_part_only(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let customers = c.load::<Customer>().await;
    let before = checksum(&c, CUSTOMER, "customers").await;
    let twin = Customer { customer_id: 100, ..customers[5].clone() };
    let name = c.transaction(async |tx| {
        let failed = tx.transaction(async |tx| {
            tx.update_all(every::<Customer>()).set(Customer::COMPANY, "all of one").await?;
            tx.create(twin.clone()).await
        });
        assert!(failed.await.unwrap_err().is_unique_violation());
        let other = Customer { email: "second@example.org".into(), first_name: "Žofie".into(), ..twin.clone() };
        Ok(tx.create(other).await?.first_name)
    });
    assert_eq!(name.await.unwrap(), "Žofie");
    assert_eq!(c.get::<Customer>(100).await.unwrap().first_name, "Žofie");
    assert_eq!(checksum(&c, CUSTOMER, "customers WHERE customer_id < 100").await, before);
}

async fn lines_go_with_the_invoices_of_a_country(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let invoices = c.load::<Invoice>().await;
    let lines = c.load::<InvoiceLine>().await;
    let of_brazil: Vec<i32> =
        invoices.iter().filter(|it| it.billing_country.as_deref() == Some("Brazil")).map(|it| it.invoice_id).collect();
    let left: Vec<_> = lines.iter().filter(|it| !of_brazil.contains(&it.invoice_id)).cloned().collect();
    assert!(!of_brazil.is_empty() && !left.is_empty());

    let theirs = || sql("invoice_id IN (SELECT invoice_id FROM invoices WHERE billing_country = ?)", "Brazil");
    let gone = lines.len() - left.len();
    let twice = c.update_all::<InvoiceLine>(theirs()).set(InvoiceLine::QUANTITY, InvoiceLine::QUANTITY.plus(1)).await.unwrap();
    assert_eq!(twice, gone as u64);
    let quantities = c.find().where_(InvoiceLine::QUANTITY.eq(2)).count().await.unwrap();
    assert_eq!(quantities, gone as u64);
    assert_eq!(c.delete_all::<InvoiceLine>(theirs()).await.unwrap(), gone as u64);
    assert_eq!(c.delete_all(Invoice::INVOICE_ID.is_in(&of_brazil)).await.unwrap(), of_brazil.len() as u64);
    assert_eq!(c.find().order(InvoiceLine::INVOICE_LINE_ID.asc()).await.unwrap(), left);
    let left: Vec<_> = invoices.into_iter().filter(|it| !of_brazil.contains(&it.invoice_id)).collect();
    assert_eq!(c.find().order(Invoice::INVOICE_ID.asc()).await.unwrap(), left);
}

async fn a_list_with_a_key_that_is_taken_stores_nothing(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    let tracks = c.load::<Track>().await;
    let before = checksum(&c, TRACK, "tracks").await;
    // New ones in thousands, and at the end one that is there already.
    let mut more: Vec<_> = tracks.iter().map(|it| Track { track_id: it.track_id + 10_000, ..it.clone() }).collect();
    more.push(tracks[0].clone());
    let failed = c.create_many(more).or_return().await.unwrap_err();
    assert!(failed.error().is_unique_violation(), "{failed:?}");
    let (error, mut more) = failed.into_parts();
    assert!(matches!(error, Error::UniqueViolation { .. }));
    assert_eq!(checksum(&c, TRACK, "tracks").await, before);

    more.pop();
    assert_eq!(c.create_many(more.clone()).await.unwrap(), more);
    assert_eq!(checksum(&c, TRACK, "tracks WHERE track_id < 10000").await, before);
    assert_eq!(c.delete_all(Track::TRACK_ID.is_in(more.iter().map(|it| it.track_id))).await.unwrap(), more.len() as u64);
    assert_eq!(checksum(&c, TRACK, "tracks").await, before);
}
