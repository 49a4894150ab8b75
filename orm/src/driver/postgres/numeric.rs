//! `numeric` → `Decimal`, exactly. sqlx's own way loses digits without a word
//! where there are more than 28 behind the point.

use rust_decimal::Decimal;

use crate::driver::sink::decode;
use crate::error::{Error, Result};

const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0x0000;
const NAN: u16 = 0xC000;

/// Reads PostgreSQL's binary format: a count, the place of the first digit, a
/// sign, the digits to show behind the point; then digits to the base of 10,000.
pub(super) fn read(bytes: &[u8]) -> Result<Decimal> {
    let mut words = bytes.chunks_exact(2).map(|it| u16::from_be_bytes([it[0], it[1]]));
    let mut next = || words.next().ok_or_else(|| decode("a decimal", "a number that is cut short"));
    let (count, weight, sign, scale) = (next()?, next()?.cast_signed(), next()?, next()?);
    if sign != POSITIVE && sign != NEGATIVE {
        return Err(decode("a decimal", if sign == NAN { "NaN" } else { "infinity" }));
    }
    let mut mantissa: i128 = 0;
    for _ in 0..count {
        let digit = next()?;
        mantissa = mantissa.checked_mul(10_000).and_then(|it| it.checked_add(digit.into())).ok_or_else(too_long)?;
    }
    // The last digit stands for this power of ten.
    let mut exponent = if mantissa == 0 { 0 } else { 4 * (i32::from(weight) + 1 - i32::from(count)) };
    while exponent < 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        exponent += 1;
    }
    while exponent > 0 {
        mantissa = mantissa.checked_mul(10).ok_or_else(too_long)?;
        exponent -= 1;
    }
    // As many digits behind the point as PostgreSQL shows, where there is room for them.
    while -exponent < i32::from(scale).min(28) && mantissa.unsigned_abs() < (1 << 96) / 10 {
        mantissa *= 10;
        exponent -= 1;
    }
    let mantissa = if sign == NEGATIVE { -mantissa } else { mantissa };
    let digits = u32::try_from(-exponent).map_err(|_| too_long())?;
    Decimal::try_from_i128_with_scale(mantissa, digits).map_err(|_| too_long())
}

fn too_long() -> Error {
    decode("a decimal", "a number with more digits than a Decimal has")
}
