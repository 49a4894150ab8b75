//! Decimals: scaled 64-bit integers in our columns.

use rust_decimal::Decimal;

/// The integer that stands for a decimal in a column of these digits.
pub(super) fn scaled(it: Decimal, precision: u8, scale: u8) -> Result<i64, String> {
    let it = it.normalize();
    let Some(zeros) = u32::from(scale).checked_sub(it.scale()) else {
        return Err(format!("it has {} digits behind the point, the column has {scale}; round it first", it.scale()));
    };
    let too_large = || format!("it has too many digits, the column has {precision} with {scale} behind the point");
    let integer = 10_i128.checked_pow(zeros).and_then(|by| it.mantissa().checked_mul(by)).ok_or_else(too_large)?;
    let bound = 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
    if integer.abs() >= bound {
        return Err(too_large());
    }
    i64::try_from(integer).map_err(|_| format!("{}; SQLite's integers end at 18 of them", too_large()))
}

/// The decimal for an integer of a column with this scale.
pub(super) fn unscaled(it: i64, scale: u8) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(i128::from(it), u32::from(scale)).ok()
}

/// The shortest decimal that is read as this number again.
pub(super) fn of_real(it: f64) -> Option<Decimal> {
    of_text(&it.to_string())
}

pub(super) fn of_text(it: &str) -> Option<Decimal> {
    Decimal::from_str_exact(it).ok()
}

/// The scale in the type of a column that we made: `DECIMAL_INT(18,6)`.
pub(super) fn scale_of(declared: &str) -> Option<u8> {
    let name = declared.get(..12)?;
    if !name.eq_ignore_ascii_case("DECIMAL_INT(") {
        return None;
    }
    let (_, scale) = declared.get(12..)?.strip_suffix(')')?.split_once(',')?;
    scale.trim().parse().ok()
}
