//! Rates: so many a minute, as many at once.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::problem::ApiError;

/// Log-ins a minute that one address may try, as many at once.
const LOGINS_PER_MINUTE: u32 = 30;
/// Addresses that are remembered; when there are more, those that have tried least go.
const ADDRESSES_KEPT: usize = 4096;

/// What is left of a rate: full at first, emptied by use, filled by time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    left: f64,
    filled_at: Duration,
}

impl Bucket {
    pub(crate) fn full(per_minute: u32, now: Duration) -> Self {
        Self { left: f64::from(per_minute), filled_at: now }
    }

    /// Takes one from the rate.
    ///
    /// # Errors
    /// Returns how long to wait when nothing is left.
    pub(crate) fn take(&mut self, per_minute: u32, now: Duration) -> Result<(), Duration> {
        let per_second = f64::from(per_minute) / 60.0;
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.left = (self.left + passed * per_second).min(f64::from(per_minute));
        self.filled_at = now;
        if self.left < 1.0 {
            let missing_s = (1.0 - self.left) / per_second.max(1e-3);
            return Err(Duration::from_secs_f64(missing_s.min(3600.0)));
        }
        self.left -= 1.0;
        Ok(())
    }
}

/// How often each address has tried to sign in. In memory only: what must outlive a restart is
/// counted by name.
#[derive(Debug, Default)]
pub(crate) struct Logins(Mutex<HashMap<IpAddr, Bucket>>);

impl Logins {
    /// Takes one log-in from the rate of `address`; none, and all share one.
    ///
    /// # Errors
    /// It has tried too often.
    pub(crate) fn take(&self, address: Option<IpAddr>, now: Duration) -> Result<(), ApiError> {
        let address = network_of(address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_KEPT && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| bucket.left + 1.0 < f64::from(LOGINS_PER_MINUTE));
            if buckets.len() >= ADDRESSES_KEPT {
                buckets.clear();
            }
        }
        let full = Bucket::full(LOGINS_PER_MINUTE, now);
        let bucket = buckets.entry(address).or_insert(full);
        bucket.take(LOGINS_PER_MINUTE, now).map_err(ApiError::TooManyLogins)
    }
}

/// Returns what one customer is given: an address, or a network of 64 bits.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_alone() {
        let logins = Logins::default();
        let now = Duration::from_secs(1);
        let [one, other]: [Option<IpAddr>; 2] =
            ["2001:db8::1", "2001:db9::1"].map(|a| a.parse().ok());
        for _ in 0..LOGINS_PER_MINUTE {
            assert!(logins.take(one, now).is_ok());
        }
        let neighbour = "2001:db8::2".parse().ok();
        assert!(logins.take(neighbour, now).is_err(), "the same network");
        assert!(logins.take(other, now).is_ok() && logins.take(None, now).is_ok());
        assert!(logins.take(one, now + Duration::from_secs(2)).is_ok());
    }

    #[test]
    fn many_addresses_are_not_remembered_for_ever() {
        let logins = Logins::default();
        for number in 0..10_000_u32 {
            let address = IpAddr::V4(std::net::Ipv4Addr::from_bits(number));
            assert!(logins.take(Some(address), Duration::ZERO).is_ok());
        }
        assert!(logins.0.lock().unwrap().len() <= ADDRESSES_KEPT);
    }
}
