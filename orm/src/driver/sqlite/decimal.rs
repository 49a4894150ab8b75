//! Decimals: scaled 64-bit integers in our columns.

use rust_decimal::Decimal;

/// The integer that stands for a decimal in a column of this scale.
pub(super) fn scaled(it: Decimal, scale: u8) -> Option<i64> {
    let it = it.normalize();
    let zeros = u32::from(scale).checked_sub(it.scale())?;
    let integer = 10_i128.checked_pow(zeros)?.checked_mul(it.mantissa())?;
    i64::try_from(integer).ok()
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
