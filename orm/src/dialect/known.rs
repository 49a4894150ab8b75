//! Names that stand before a parenthesis in SQL text, and what is known of them.
//!
//! A function of the program that has the name of one of these is taken for it.

use std::cmp::Ordering;
use std::sync::LazyLock;

use crate::dialect::Engine;

/// What stands before a parenthesis and is no function, or a type, wherever it is.
const WORDS: &str = "\
    against all and any array as asymmetric between bigint binary bit blob bool boolean both bpchar by case char character check columns \
    conflict constraint cube date datetime dec decimal default desc distinct div double else end enum escape except exclude exists explain \
    fetch filter first fixed float float4 float8 for foreign from fulltext generated group grouping having ignore ilike in include index \
    inherits insert int int2 int4 int8 integer intersect interval into is join json jsonb key lateral leading like limit match \
    materialized mediumint mod national natural nchar next not notnull numeric nvarchar of offset on only operator or order over partition \
    passing placing preceding precision primary real ref references regexp reset returning rlike rollup row rows select set sets similar \
    smallint some spatial straight_join symmetric table tablesample text than then ties time timestamp timestamptz timetz tinyint to \
    trailing union unique update using uuid value values varbinary varbit varchar variadic varying vector when where window with within \
    xor year zone";

/// What the name of something else than a function stands behind: of a table, an index or columns.
const BEHIND: &str = "\
    as copy exists function ignore index insert into key procedure recursive references replace table view with";

/// Functions of PostgreSQL, and of extensions that many have, that leave the connection as it is, or that are looked at otherwise.
const POSTGRES: &str = "\
    abbrev abs acos acosd acosh age any_value area armor array_agg array_append array_cat array_dims array_fill array_length array_lower \
    array_ndims array_position array_positions array_prepend array_remove array_replace array_sample array_shuffle array_to_json \
    array_to_string array_upper ascii asin asind asinh atan atan2 atan2d atand atanh avg bernoulli bit_and bit_count bit_length bit_or \
    bit_xor bool_and bool_or bound_box box bpchar broadcast btrim cardinality cast cbrt ceil ceiling center char_length character_length \
    chr circle clock_timestamp coalesce col_description concat concat_ws convert convert_from convert_to corr cos cosd cosh \
    cosine_distance cot cotd count covar_pop covar_samp crypt cume_dist current_catalog current_database current_query current_role \
    current_schema current_schemas current_setting current_time current_timestamp current_user currval date_add date_bin date_part \
    date_subtract date_trunc datemultirange daterange dearmor decode decrypt decrypt_iv degrees dense_rank diagonal diameter digest div \
    dmetaphone encode encrypt encrypt_iv enum_first enum_last enum_range erf erfc every exp extract factorial family first_value floor \
    format format_type gcd gen_random_bytes gen_random_uuid gen_salt generate_series generate_subscripts get_bit get_byte \
    get_current_ts_config greatest grouping has_any_column_privilege has_column_privilege has_database_privilege has_function_privilege \
    has_schema_privilege has_sequence_privilege has_table_privilege has_type_privilege hashtext hashtextextended height hmac host hostmask \
    inet_client_addr inet_client_port inet_merge inet_same_family inet_server_addr inet_server_port initcap inner_product is_normalized \
    isclosed isempty isfinite isopen json_agg json_array json_array_elements json_array_elements_text json_array_length json_arrayagg \
    json_build_array json_build_object json_each json_each_text json_exists json_extract_path json_extract_path_text json_object \
    json_object_agg json_object_keys json_objectagg json_populate_record json_populate_recordset json_query json_scalar json_serialize \
    json_strip_nulls json_table json_to_record json_to_recordset json_to_tsvector json_typeof json_value jsonb_agg jsonb_array_elements \
    jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path \
    jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz \
    jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first \
    jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax \
    jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof justify_days justify_hours justify_interval \
    l1_distance l2_distance lag last_value lastval lcm lead least left length levenshtein line ln localtime localtimestamp log log10 lower \
    lower_inc lower_inf lpad lseg ltrim make_date make_interval make_time make_timestamp make_timestamptz masklen max md5 metaphone min \
    min_scale mod mode multirange netmask network nextval normalize now npoints nth_value ntile nullif num_nonnulls num_nulls numeric \
    nummultirange numnode numrange obj_description octet_length overlay parse_ident path pclose percent_rank percentile_cont \
    percentile_disc pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared \
    pg_backend_pid pg_blocking_pids pg_cancel_backend pg_char_to_encoding pg_client_encoding pg_collation_for pg_column_size \
    pg_conf_load_time pg_current_wal_lsn pg_current_xact_id pg_current_xact_id_if_assigned pg_database_size pg_describe_object \
    pg_encoding_to_char pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_function_arguments \
    pg_get_function_identity_arguments pg_get_function_result pg_get_functiondef pg_get_indexdef pg_get_keywords pg_get_partkeydef \
    pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role \
    pg_indexes_size pg_is_in_recovery pg_jit_available pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp \
    pg_listening_channels pg_lock_status pg_my_temp_schema pg_notify pg_partition_ancestors pg_partition_root pg_partition_tree \
    pg_postmaster_start_time pg_relation_filenode pg_relation_size pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_size_bytes \
    pg_size_pretty pg_sleep pg_sleep_for pg_sleep_until pg_stat_get_activity pg_table_is_visible pg_table_size pg_tablespace_size \
    pg_terminate_backend pg_timezone_names pg_total_relation_size pg_trigger_depth pg_try_advisory_xact_lock \
    pg_try_advisory_xact_lock_shared pg_type_is_visible pg_typeof pg_wal_lsn_diff pg_xact_status pgp_key_id pgp_pub_decrypt \
    pgp_pub_encrypt pgp_sym_decrypt pgp_sym_decrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea phraseto_tsquery pi plainto_tsquery point \
    polygon popen position pow power quote_ident quote_literal quote_nullable radians radius random random_normal range_agg \
    range_intersect_agg range_merge rank regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace \
    regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx \
    regr_sxy regr_syy repeat replace reverse right round row_number row_security_active row_to_json rpad rtrim scale session_user set_bit \
    set_byte set_config set_masklen setval setweight sha224 sha256 sha384 sha512 shobj_description sign similarity sin sind sinh slope \
    soundex split_part sqrt st_area st_asbinary st_asewkb st_asewkt st_asgeojson st_asmvt st_asmvtgeom st_astext st_azimuth st_boundary \
    st_buffer st_centroid st_closestpoint st_collect st_contains st_convexhull st_coveredby st_covers st_crosses st_difference \
    st_dimension st_disjoint st_distance st_distancesphere st_dwithin st_endpoint st_envelope st_equals st_expand st_extent \
    st_geogfromtext st_geohash st_geometrytype st_geomfromewkb st_geomfromewkt st_geomfromgeojson st_geomfromtext st_geomfromwkb \
    st_intersection st_intersects st_isempty st_isvalid st_length st_linefromtext st_makeenvelope st_makeline st_makepoint st_makepolygon \
    st_makevalid st_npoints st_numpoints st_overlaps st_perimeter st_point st_pointfromtext st_pointn st_setsrid st_simplify st_snaptogrid \
    st_srid st_startpoint st_tileenvelope st_touches st_transform st_union st_within st_x st_xmax st_xmin st_y st_ymax st_ymin st_z \
    starts_with statement_timestamp stddev stddev_pop stddev_samp strict_word_similarity string_agg string_to_array string_to_table strip \
    strpos substr substring sum system system_user tan tand tanh text timeofday timezone to_ascii to_bin to_char to_date to_hex to_json \
    to_jsonb to_number to_oct to_regclass to_regnamespace to_regproc to_regrole to_regtype to_timestamp to_tsquery to_tsvector \
    transaction_timestamp translate treat trim trim_array trim_scale trunc ts_delete ts_filter ts_headline ts_lexize ts_rank ts_rank_cd \
    tsmultirange tsquery_phrase tsrange tstzmultirange tstzrange tsvector_to_array txid_current txid_current_if_assigned \
    txid_current_snapshot txid_status unaccent unistr unnest upper upper_inc upper_inf user uuid_extract_timestamp uuid_extract_version \
    uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuid_generate_v5 uuidv4 uuidv7 var_pop var_samp variance vector_dims vector_norm \
    version websearch_to_tsquery width width_bucket word_similarity xml_is_well_formed xmlagg xmlattributes xmlcomment xmlconcat \
    xmlelement xmlexists xmlforest xmlparse xmlpi xmlroot xmlserialize xmltable xpath xpath_exists";

/// Those of MariaDB and MySQL.
const MARIADB: &str = "\
    abs acos add_months adddate addtime aes_decrypt aes_encrypt any_value asbinary ascii asin astext aswkb aswkt atan atan2 avg benchmark \
    bin bin_to_uuid binary bit_and bit_count bit_length bit_or bit_xor cast ceil ceiling char char_length character_length charset chr \
    coalesce coercibility collation column_check column_exists column_json column_list compress concat concat_ws connection_id conv \
    convert convert_tz cos cot count crc32 crc32c cume_dist curdate current_date current_role current_time current_timestamp current_user \
    curtime database date date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear decode decode_histogram \
    decode_oracle default degrees dense_rank des_decrypt des_encrypt elt encode encrypt exp export_set extract extractvalue field \
    find_in_set first_value floor format format_bytes format_pico_time found_rows from_base64 from_days from_unixtime geometrycollection \
    geomfromtext geomfromwkb get_format greatest group_concat grouping hex hour if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert \
    instr interval is_free_lock is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_used_lock is_uuid isnull json_array json_array_append \
    json_array_insert json_array_intersect json_arrayagg json_compact json_contains json_contains_path json_depth json_detailed \
    json_equals json_exists json_extract json_insert json_key_value json_keys json_length json_loose json_memberof json_merge \
    json_merge_patch json_merge_preserve json_normalize json_object json_object_filter_keys json_object_to_array json_objectagg \
    json_overlaps json_pretty json_query json_quote json_remove json_replace json_schema_valid json_search json_set json_storage_free \
    json_storage_size json_table json_type json_unquote json_valid json_value kdf lag last_day last_insert_id last_value lastval lcase \
    lead least left length lengthb linestring ln load_file localtime localtimestamp locate log log10 log2 lower lpad lpad_oracle ltrim \
    ltrim_oracle make_set makedate maketime master_gtid_wait master_pos_wait match max mbrcontains mbrcoveredby mbrdisjoint mbrequal \
    mbrintersects mbroverlaps mbrtouches mbrwithin md5 median microsecond mid min minute mod monthname months_between multilinestring \
    multipoint multipolygon name_const natural_sort_key nextval now nth_value ntile nullif nvl nvl2 oct octet_length old_password \
    old_value ord password percent_rank percentile_cont percentile_disc period_add period_diff pi point pointfromtext polygon position pow \
    power ps_current_thread_id quarter quote radians rand random_bytes rank regexp_instr regexp_like regexp_replace regexp_substr \
    release_all_locks release_lock repeat replace replace_oracle reverse right round row_count row_number rownum rpad rpad_oracle rtrim \
    rtrim_oracle schema schemas sec_to_time second session_user setval sformat sha sha1 sha2 sign sin sleep soundex space sqrt srid \
    st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_boundary st_buffer st_centroid st_collect st_contains st_convexhull \
    st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring \
    st_geohash st_geomcollfromtext st_geometryfromtext st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb \
    st_interiorringn st_intersection st_intersects st_isclosed st_isempty st_isring st_issimple st_isvalid st_latitude st_length \
    st_linefromtext st_longitude st_numgeometries st_numinteriorrings st_numpoints st_overlaps st_pointfromtext st_pointfromwkb st_pointn \
    st_pointonsurface st_polyfromtext st_polygonfromtext st_relate st_simplify st_srid st_startpoint st_swapxy st_symdifference st_touches \
    st_transform st_union st_validate st_within st_x st_y statement_digest std stddev stddev_pop stddev_samp str_to_date strcmp subdate \
    substr substr_oracle substring substring_index subtime sum sys_guid sysdate system_user tan time time_format time_to_sec timediff \
    timestamp timestampadd timestampdiff to_base64 to_char to_date to_days to_number to_seconds trim trim_oracle trunc truncate ucase \
    uncompress uncompressed_length unhex unix_timestamp updatexml upper user utc_date utc_time utc_timestamp uuid uuid_short uuid_to_bin \
    uuid_v4 uuid_v7 value values var_pop var_samp variance vec_distance vec_distance_cosine vec_distance_euclidean vec_fromtext vec_totext \
    version week weekday weekofyear weight_string wsrep_last_seen_gtid wsrep_last_written_gtid wsrep_sync_wait_upto_gtid x y year yearweek";

type Names = LazyLock<Vec<&'static str>>;

static ALL_WORDS: Names = LazyLock::new(|| split(WORDS));
static ALL_BEHIND: Names = LazyLock::new(|| split(BEHIND));
static ALL_POSTGRES: Names = LazyLock::new(|| split(POSTGRES));
static ALL_MARIADB: Names = LazyLock::new(|| split(MARIADB));

fn split(names: &'static str) -> Vec<&'static str> {
    names.split_ascii_whitespace().collect()
}

/// Whether what stands before a parenthesis is no function, or one that leaves the connection as it is.
pub(super) fn is_harmless(engine: Engine, name: &str) -> bool {
    let functions = if engine == Engine::Postgres { &ALL_POSTGRES } else { &ALL_MARIADB };
    is_in(&ALL_WORDS, name) || is_in(functions, name)
}

/// Whether what follows this word is the name of something else than a function.
pub(super) fn names_no_function(word: &str) -> bool {
    is_in(&ALL_BEHIND, word)
}

fn is_in(names: &[&str], name: &str) -> bool {
    names.binary_search_by(|it| compared(it, name)).is_ok()
}

/// Without case, and without a copy.
fn compared(one: &str, other: &str) -> Ordering {
    one.bytes().cmp(other.bytes().map(|it| it.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_in_small_letters() {
        for names in [&ALL_WORDS, &ALL_BEHIND, &ALL_POSTGRES, &ALL_MARIADB] {
            assert!(names.windows(2).all(|it| it[0] < it[1]), "{names:?}");
            assert!(names.iter().all(|it| is_in(names, &it.to_ascii_uppercase())));
        }
    }

    /// What changes the connection, or runs text that may, is looked at otherwise or not known.
    #[test]
    fn what_changes_a_connection_is_not_among_them() {
        let changes = "dblink dblink_connect get_lock pg_advisory_lock pg_advisory_lock_shared pg_replication_origin_session_setup
            pg_try_advisory_lock query_to_xml set_limit setseed ts_rewrite ts_stat";
        for name in changes.split_whitespace() {
            for engine in [Engine::Postgres, Engine::MariaDb] {
                assert!(!is_harmless(engine, name), "{name}");
            }
        }
    }
}
