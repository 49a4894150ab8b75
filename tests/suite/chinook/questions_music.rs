//! What is there: artists, their albums, and tracks.

use orm::Error;
use orm::prelude::*;
use rust_decimal::Decimal;

use super::models::{Album, Artist, Genre, MediaType, Track};
use super::{Chinook, Questions};
use crate::{Test, cases};

cases![questions_about_music_have_the_answers_of_plain_sql];

async fn questions_about_music_have_the_answers_of_plain_sql(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    c.load::<Genre>().await;
    c.load::<MediaType>().await;
    c.load::<Artist>().await;
    c.load::<Album>().await;
    c.load::<Track>().await;
    let q = &mut c.questions().await;
    every_row_is_stored_as_the_script_has_it(q).await;
    prices_are_compared_exactly(q).await;
    lengths_between_two_numbers_include_both(q).await;
    columns_are_compared_with_columns(q).await;
    sums_of_columns_are_compared(q).await;
    the_longest_tracks_come_first(q).await;
    pages_do_not_overlap(q).await;
    records_of_other_tables_are_asked_for_in_subqueries(q).await;
    artists_without_albums_are_found(q).await;
    a_list_of_keys_finds_its_records(q).await;
    conditions_are_grouped_as_they_are_written(q).await;
    tracks_are_counted_by_genre(q).await;
    albums_with_many_tracks_are_found(q).await;
    lengths_are_summed_by_media_type(q).await;
    titles_are_joined_with_artists(q).await;
    joined_tracks_are_read_as_models(q).await;
    one_record_is_found_or_there_is_none(q).await;
}

async fn every_row_is_stored_as_the_script_has_it(q: &mut Questions) {
    q.same(q.find::<Genre>().order(Genre::GENRE_ID.asc()).await.unwrap(), "SELECT * FROM genre ORDER BY genre_id").await;
    q.same(q.find().order(MediaType::MEDIA_TYPE_ID.asc()).await.unwrap(), "SELECT * FROM media_type ORDER BY media_type_id").await;
    q.same(q.find().order(Artist::ARTIST_ID.asc()).await.unwrap(), "SELECT * FROM artist ORDER BY artist_id").await;
    q.same(q.find().order(Album::ALBUM_ID.asc()).await.unwrap(), "SELECT * FROM album ORDER BY album_id").await;
    q.same(q.find().order(Track::TRACK_ID.asc()).await.unwrap(), "SELECT * FROM track ORDER BY track_id").await;
}

async fn prices_are_compared_exactly(q: &mut Questions) {
    let price = Decimal::new(199, 2);
    q.same_count(q.find().where_(Track::UNIT_PRICE.eq(price)).count().await.unwrap(), "SELECT count(*) FROM track WHERE unit_price = 1.99")
        .await;
    let cheaper = q.find().where_(Track::UNIT_PRICE.lt(price)).count().await.unwrap();
    q.same_count(cheaper, "SELECT count(*) FROM track WHERE unit_price < 1.99").await;
    let longer = Decimal::new(9_900, 4);
    q.same_count(
        q.find().where_(Track::UNIT_PRICE.eq(longer)).count().await.unwrap(),
        "SELECT count(*) FROM track WHERE unit_price = 0.99",
    )
    .await;
    // What no price can be is refused, on every database alike.
    let refused = q.find().where_(Track::UNIT_PRICE.gt(Decimal::new(1_985, 3))).count().await;
    assert!(matches!(refused, Err(Error::Unstorable { .. })), "{refused:?}");
}

async fn lengths_between_two_numbers_include_both(q: &mut Questions) {
    let ours = q.find().where_(Track::MILLISECONDS.between(343_719, 343_900)).order(Track::TRACK_ID.asc()).await.unwrap();
    assert!(ours.iter().any(|it| it.milliseconds == 343_719));
    q.same(ours, "SELECT * FROM track WHERE milliseconds BETWEEN 343719 AND 343900 ORDER BY track_id").await;
}

async fn columns_are_compared_with_columns(q: &mut Questions) {
    let ours = q.find().where_(Track::GENRE_ID.eq(Track::MEDIA_TYPE_ID)).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE genre_id = media_type_id").await;
    let ours = q.find().where_(Track::GENRE_ID.lt(Track::MEDIA_TYPE_ID)).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE genre_id < media_type_id ORDER BY track_id").await;
}

async fn sums_of_columns_are_compared(q: &mut Questions) {
    let ours = q.find().where_(Track::TRACK_ID.minus(3_000).gt(Track::MEDIA_TYPE_ID.plus(400))).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE track_id - 3000 > media_type_id + 400").await;
    let ours = q.find().where_(Track::MILLISECONDS.plus(1_000).le(30_000)).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE milliseconds + 1000 <= 30000 ORDER BY track_id").await;
    let ours = q.find().where_(Track::UNIT_PRICE.plus(Decimal::new(1, 2)).eq(Decimal::TWO)).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE unit_price = 1.99").await;
}

async fn the_longest_tracks_come_first(q: &mut Questions) {
    let ours = q.find().order(Track::MILLISECONDS.desc()).order(Track::TRACK_ID.asc()).limit(25).await.unwrap();
    q.same(ours, "SELECT * FROM track ORDER BY milliseconds DESC, track_id LIMIT 25").await;
    let ours = q.find().order(Track::UNIT_PRICE.desc()).order(Track::BYTES.asc()).order(Track::TRACK_ID.desc()).limit(5).await.unwrap();
    q.same(ours, "SELECT * FROM track ORDER BY unit_price DESC, bytes, track_id DESC LIMIT 5").await;
}

async fn pages_do_not_overlap(q: &mut Questions) {
    let mut all = Vec::new();
    for page in 0..4 {
        let by_length = q.find().where_(Track::GENRE_ID.eq(2)).order(Track::MILLISECONDS.asc()).order(Track::TRACK_ID.asc());
        all.extend(by_length.limit(40).offset(page * 40).await.unwrap());
    }
    q.same(all, "SELECT * FROM track WHERE genre_id = 2 ORDER BY milliseconds, track_id").await;
}

async fn records_of_other_tables_are_asked_for_in_subqueries(q: &mut Questions) {
    let metal = sql("genre_id IN (SELECT genre_id FROM genres WHERE name LIKE ?)", "%Metal%");
    let ours = q.find::<Track>().where_(metal).where_(Track::UNIT_PRICE.lt(Decimal::ONE)).count().await.unwrap();
    let theirs = "SELECT count(*) FROM track t JOIN genre g ON g.genre_id = t.genre_id WHERE instr(g.name, 'Metal') > 0 AND unit_price < 1";
    q.same_count(ours, theirs).await;
}

async fn artists_without_albums_are_found(q: &mut Questions) {
    let none = sql("NOT EXISTS (SELECT 1 FROM albums a WHERE a.artist_id = artists.artist_id)", ());
    let ours = q.find().where_(none).order(Artist::ARTIST_ID.asc()).await.unwrap();
    let theirs = "SELECT * FROM artist WHERE artist_id NOT IN (SELECT artist_id FROM album) ORDER BY artist_id";
    q.same::<Artist>(ours, theirs).await;
}

async fn a_list_of_keys_finds_its_records(q: &mut Questions) {
    let keys = (1..3_600).step_by(7);
    let ours = q.find().where_(Track::TRACK_ID.is_in(keys)).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE (track_id + 6) % 7 = 0 ORDER BY track_id").await;
    let ours = q.find().where_(!Track::ALBUM_ID.is_in(1..=340)).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE album_id NOT BETWEEN 1 AND 340 ORDER BY track_id").await;
    assert_eq!(q.find().where_(Track::TRACK_ID.is_in(Vec::<i32>::new())).count().await.unwrap(), 0);
}

async fn conditions_are_grouped_as_they_are_written(q: &mut Questions) {
    let short = Track::MILLISECONDS.lt(60_000);
    let dear = Track::UNIT_PRICE.gt(Decimal::ONE);
    let rock = Track::GENRE_ID.eq(1);
    let ours = q.find().where_(short.clone().or(dear.clone()).and(!rock.clone())).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE (milliseconds < 60000 OR unit_price > 1) AND NOT genre_id = 1").await;
    let ours = q.find().where_(short.and(rock).or(dear)).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE milliseconds < 60000 AND genre_id = 1 OR unit_price > 1").await;
    let ours = q.find().where_(sql("genre_id = ? OR genre_id = ?", (5, 6))).where_(Track::MEDIA_TYPE_ID.eq(1)).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE genre_id IN (5, 6) AND media_type_id = 1").await;
}

async fn tracks_are_counted_by_genre(q: &mut Questions) {
    let text = "SELECT g.name, count(*) FROM tracks t JOIN genres g ON g.genre_id = t.genre_id \
                GROUP BY g.genre_id, g.name ORDER BY 2 DESC, g.genre_id";
    let ours: Vec<(String, i64)> = q.raw(text, ()).fetch().await.unwrap();
    let theirs = "SELECT g.name, count(*) FROM track t JOIN genre g ON g.genre_id = t.genre_id \
                  GROUP BY g.genre_id, g.name ORDER BY 2 DESC, g.genre_id";
    q.same(ours, theirs).await;
}

async fn albums_with_many_tracks_are_found(q: &mut Questions) {
    let text = "SELECT a.album_id, a.title, count(*) FROM albums a JOIN tracks t ON t.album_id = a.album_id \
                GROUP BY a.album_id, a.title HAVING count(*) > ? ORDER BY 3 DESC, 1";
    let ours: Vec<(i32, String, i64)> = q.raw(text, 20).fetch().await.unwrap();
    let theirs = "SELECT a.album_id, a.title, count(*) FROM album a, track t WHERE t.album_id = a.album_id \
                  GROUP BY a.album_id, a.title HAVING count(*) > 20 ORDER BY 3 DESC, 1";
    q.same(ours, theirs).await;
    let many = sql("(SELECT count(*) FROM tracks t WHERE t.album_id = albums.album_id) > ?", 20);
    let typed = q.find::<Album>().where_(many).order(Album::ALBUM_ID.asc()).await.unwrap();
    let theirs =
        "SELECT * FROM album WHERE album_id IN (SELECT album_id FROM track GROUP BY album_id HAVING count(*) > 20) ORDER BY album_id";
    q.same(typed, theirs).await;
}

async fn lengths_are_summed_by_media_type(q: &mut Questions) {
    let text = whole!(q, "SELECT media_type_id,", "sum(milliseconds)", "FROM tracks GROUP BY media_type_id ORDER BY 1");
    let ours: Vec<(i32, i64)> = q.raw(text, ()).fetch().await.unwrap();
    q.same(ours, "SELECT media_type_id, sum(milliseconds) FROM track GROUP BY media_type_id ORDER BY 1").await;
    let text = whole!(q, "SELECT", "max(bytes)", ", min(bytes), count(bytes) FROM tracks");
    let ours: (i64, i64, i64) = q.raw(text, ()).fetch_one().await.unwrap();
    q.same([ours], "SELECT max(bytes), min(bytes), count(bytes) FROM track").await;
}

async fn titles_are_joined_with_artists(q: &mut Questions) {
    let text =
        "SELECT a.title, r.name FROM albums a LEFT JOIN artists r ON r.artist_id = a.artist_id AND r.artist_id < ? ORDER BY a.album_id";
    let ours: Vec<(String, Option<String>)> = q.raw(text, 100).fetch().await.unwrap();
    assert!(ours.iter().any(|it| it.1.is_none()));
    let theirs = "SELECT a.title, (SELECT r.name FROM artist r WHERE r.artist_id = a.artist_id AND r.artist_id < 100) \
                  FROM album a ORDER BY a.album_id";
    q.same(ours, theirs).await;
}

async fn joined_tracks_are_read_as_models(q: &mut Questions) {
    let text = "SELECT t.* FROM tracks t JOIN albums a ON a.album_id = t.album_id WHERE a.artist_id = ? ORDER BY t.track_id";
    let ours: Vec<Track> = q.raw(text, 90).fetch().await.unwrap();
    let theirs = "SELECT * FROM track WHERE album_id IN (SELECT album_id FROM album WHERE artist_id = 90) ORDER BY track_id";
    q.same(ours.clone(), theirs).await;
    let same = sql("album_id IN (SELECT album_id FROM albums WHERE artist_id = ?)", 90);
    assert_eq!(q.find::<Track>().where_(same).order(Track::TRACK_ID.asc()).await.unwrap(), ours);
}

async fn one_record_is_found_or_there_is_none(q: &mut Questions) {
    q.same([q.get::<Track>(1_234).await.unwrap()], "SELECT * FROM track WHERE track_id = 1234").await;
    assert!(q.get::<Track>(0).await.unwrap_err().is_not_found());
    let first = q.find().where_(Track::GENRE_ID.eq(25)).first().await.unwrap();
    q.same(first, "SELECT * FROM track WHERE genre_id = 25 ORDER BY track_id LIMIT 1").await;
    assert_eq!(q.find().where_(Track::GENRE_ID.eq(99)).first().await.unwrap(), None);
    assert!(!q.find().where_(Track::GENRE_ID.eq(99)).exists().await.unwrap());
    assert!(q.find().where_(Track::GENRE_ID.eq(25)).exists().await.unwrap());
}
