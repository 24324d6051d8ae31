//! Passwords, as argon2id hashes in the PHC's form (RFC 9106; OWASP's parameters of 2024).
//!
//! Hashing takes 19 MiB and tens of milliseconds on purpose: call it on a thread that may block,
//! few at once.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Memory in KiB, passes over it, lanes.
const COSTS: [u32; 3] = [19 * 1024, 2, 1];
/// What a hash read from the table may cost at most: more would be a mistake, or an attack.
const MOST_COSTS: [u32; 3] = [1 << 20, 16, 16];
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Characters that a password may have; longer ones only cost time.
const CHARACTERS: std::ops::RangeInclusive<usize> = 12..=256;
/// A hash that no password has: whoever tries a name that does not exist waits as long as others.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short to withstand guessing, or too long to be one.
    #[error("a password has {} to {} characters: choose several words", CHARACTERS.start(), CHARACTERS.end())]
    Length,
    /// The system gives no random bytes, or not the memory.
    #[error("cannot hash the password: {0}")]
    Failed(String),
}

/// Checks whether a password may be set: by its length alone, as NIST SP 800-63B has it.
///
/// # Errors
/// It may not.
pub fn check_password(password: &str) -> Result<(), PasswordError> {
    let is_fine = CHARACTERS.contains(&password.chars().count());
    if is_fine { Ok(()) } else { Err(PasswordError::Length) }
}

/// Returns the hash to store of a password. Blocks for tens of milliseconds.
///
/// # Errors
/// [`PasswordError::Length`], or when there is no memory or randomness.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    check_password(password)?;
    let failed = |error: String| PasswordError::Failed(error);
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| failed(error.to_string()))?;
    let hash = hash(password, &salt, COSTS).map_err(|error| failed(error.to_string()))?;
    let [memory, passes, lanes] = COSTS;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Ok(format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}"))
}

/// Returns whether `password` has the hash `stored`. Takes as long when there is none: `None` is
/// tried against a hash that nobody has. Blocks for tens of milliseconds.
pub(crate) fn matches(password: &str, stored: Option<&str>) -> bool {
    let parsed = parse(stored.unwrap_or(NOBODY)).or_else(|| parse(NOBODY));
    let Some((costs, salt, expected)) = parsed else { return false };
    // A longer one was never set.
    let is_sane = password.chars().count() <= *CHARACTERS.end();
    let tried = if is_sane { password } else { "" };
    let Ok(found) = hash(tried, &salt, costs) else { return false };
    let differing = found.iter().zip(&expected).fold(0, |sum, (one, two)| sum | (one ^ two));
    let is_equal = std::hint::black_box(differing) == 0 && expected.len() == HASH_BYTES;
    is_equal && is_sane && stored.is_some()
}

fn hash(
    password: &str,
    salt: &[u8],
    [memory, passes, lanes]: [u32; 3],
) -> argon2::Result<[u8; HASH_BYTES]> {
    let params = Params::new(memory, passes, lanes, Some(HASH_BYTES))?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        password.as_bytes(),
        salt,
        &mut hash,
    )?;
    Ok(hash)
}

/// Takes a hash in the PHC's form apart: costs, salt, hash.
fn parse(stored: &str) -> Option<([u32; 3], Vec<u8>, Vec<u8>)> {
    let mut parts = stored.strip_prefix("$argon2id$v=19$")?.split('$');
    let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let mut numbers = [0; 3];
    let mut fields = costs.split(',');
    for ((number, name), most) in numbers.iter_mut().zip(["m=", "t=", "p="]).zip(MOST_COSTS) {
        *number = fields.next()?.strip_prefix(name)?.parse().ok().filter(|cost| *cost <= most)?;
    }
    let (salt, hash) = (STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(hash).ok()?);
    let is_whole = parts.next().is_none() && fields.next().is_none();
    (is_whole && hash.len() == HASH_BYTES).then_some((numbers, salt, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_its_hash_and_no_other() {
        let password = "bốn con mèo trên mái nhà";
        let stored = hash_password(password).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(matches(password, Some(&stored)));
        assert_ne!(stored, hash_password(password).unwrap(), "a new salt each time");
        for wrong in ["", "bốn con mèo trên mái", &"x".repeat(10_000)] {
            assert!(!matches(wrong, Some(&stored)), "{wrong}");
            assert!(!matches(wrong, None));
        }
    }

    #[test]
    fn what_is_no_hash_lets_nobody_in() {
        let short = "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA";
        let dear = "$argon2id$v=19$m=4000000000,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AA";
        for broken in ["", "$", "hunter2hunter2", short, dear, "$argon2id$v=19$m=1$$"] {
            assert!(!matches("", Some(broken)) && !matches(broken, Some(broken)), "{broken}");
        }
    }

    #[test]
    fn a_password_is_long_enough_and_no_book() {
        assert!(check_password("hunter2").is_err());
        assert!(check_password(&"x".repeat(257)).is_err());
        assert!(check_password("mười hai chữ").is_ok());
    }
}
