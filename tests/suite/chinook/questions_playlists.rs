//! Playlists, whose tracks have a key of two columns.

use orm::prelude::*;

use super::models::{Playlist, PlaylistTrack, Track};
use super::{Chinook, Questions};
use crate::{Test, cases};

cases![questions_about_playlists_have_the_answers_of_plain_sql];

async fn questions_about_playlists_have_the_answers_of_plain_sql(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    c.load::<Playlist>().await;
    c.load::<PlaylistTrack>().await;
    c.load::<Track>().await;
    let q = &mut c.questions().await;
    every_row_is_stored_as_the_script_has_it(q).await;
    a_key_of_two_columns_finds_one_record(q).await;
    the_first_is_in_the_order_of_both_columns(q).await;
    playlists_of_the_same_name_are_found(q).await;
    empty_playlists_are_found(q).await;
    tracks_in_many_playlists_are_found(q).await;
    tracks_of_a_playlist_come_in_order(q).await;
}

async fn every_row_is_stored_as_the_script_has_it(q: &mut Questions) {
    q.same(q.find().order(Playlist::PLAYLIST_ID.asc()).await.unwrap(), "SELECT * FROM playlist ORDER BY playlist_id").await;
    let ours = q.find().order(PlaylistTrack::PLAYLIST_ID.asc()).order(PlaylistTrack::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM playlist_track ORDER BY playlist_id, track_id").await;
}

async fn a_key_of_two_columns_finds_one_record(q: &mut Questions) {
    let ours = q.get::<PlaylistTrack>((17, 3_290)).await.unwrap();
    q.same([ours], "SELECT * FROM playlist_track WHERE playlist_id = 17 AND track_id = 3290").await;
    // The columns are in the order of the fields.
    assert!(q.get::<PlaylistTrack>((3_290, 17)).await.unwrap_err().is_not_found());
}

async fn the_first_is_in_the_order_of_both_columns(q: &mut Questions) {
    let ours = q.find().where_(PlaylistTrack::TRACK_ID.gt(3_000)).first().await.unwrap();
    q.same(ours, "SELECT * FROM playlist_track WHERE track_id > 3000 ORDER BY playlist_id, track_id LIMIT 1").await;
}

async fn playlists_of_the_same_name_are_found(q: &mut Questions) {
    let text = "SELECT name, count(*) FROM playlists GROUP BY name HAVING count(*) > 1 ORDER BY name";
    let ours: Vec<(Option<String>, i64)> = q.raw(text, ()).fetch().await.unwrap();
    q.same(ours, "SELECT name, count(*) FROM playlist GROUP BY name HAVING count(*) > 1 ORDER BY name BYTEWISE").await;
}

async fn empty_playlists_are_found(q: &mut Questions) {
    let empty = sql("playlist_id NOT IN (SELECT playlist_id FROM playlist_tracks)", ());
    let ours = q.find::<Playlist>().where_(empty).order(Playlist::PLAYLIST_ID.asc()).await.unwrap();
    let theirs = "SELECT p.* FROM playlist p LEFT JOIN playlist_track t ON t.playlist_id = p.playlist_id \
                  WHERE t.track_id IS NULL ORDER BY p.playlist_id";
    q.same(ours, theirs).await;
}

async fn tracks_in_many_playlists_are_found(q: &mut Questions) {
    let text = "SELECT t.name, count(*), max(p.playlist_id) FROM playlist_tracks p JOIN tracks t ON t.track_id = p.track_id \
                GROUP BY t.track_id, t.name HAVING count(*) >= ? ORDER BY t.track_id";
    let ours: Vec<(String, i64, i32)> = q.raw(text, 5).fetch().await.unwrap();
    let theirs = "SELECT t.name, p.n, p.m FROM track t JOIN \
                  (SELECT track_id, count(*) AS n, max(playlist_id) AS m FROM playlist_track GROUP BY track_id) p \
                  ON p.track_id = t.track_id WHERE p.n >= 5 ORDER BY t.track_id";
    q.same(ours, theirs).await;
    let rare = sql("(SELECT count(*) FROM playlist_tracks p WHERE p.track_id = tracks.track_id) < ?", 3);
    let ours = q.find::<Track>().where_(rare).count().await.unwrap();
    let theirs = "SELECT count(*) FROM track WHERE track_id NOT IN \
                  (SELECT track_id FROM playlist_track GROUP BY track_id HAVING count(*) >= 3)";
    q.same_count(ours, theirs).await;
}

async fn tracks_of_a_playlist_come_in_order(q: &mut Questions) {
    let text = "SELECT t.* FROM tracks t JOIN playlist_tracks p ON p.track_id = t.track_id WHERE p.playlist_id = ? \
                ORDER BY t.name, t.track_id LIMIT ? OFFSET ?";
    let ours: Vec<Track> = q.raw(text, (5, 100, 200)).fetch().await.unwrap();
    let theirs = "SELECT * FROM track WHERE track_id IN (SELECT track_id FROM playlist_track WHERE playlist_id = 5) \
                  ORDER BY name BYTEWISE, track_id LIMIT 100 OFFSET 200";
    q.same(ours.clone(), theirs).await;
    let inside = || sql("track_id IN (SELECT track_id FROM playlist_tracks WHERE playlist_id = ?)", 5);
    let by_name = q.find().where_(inside()).order(Track::NAME.asc()).order(Track::TRACK_ID.asc());
    assert_eq!(by_name.limit(100).offset(200).await.unwrap(), ours);
}
