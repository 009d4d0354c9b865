//! Who asks: an address, or an API key. It is used to count with, and never shown, logged or stored.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use crate::limits;

/// Who spends cost points.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// An address; of IPv6 the first 64 bits, which is what one customer has.
    Address(u128),
    /// An API key, by its place in the configuration.
    Key(usize),
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An address must not get into a log by way of something that holds it.
        f.write_str(match self {
            Self::Address(_) => "Address",
            Self::Key(_) => "Key",
        })
    }
}

impl Client {
    fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) => v6.to_bits() & !u128::from(u64::MAX),
        })
    }
}

/// Addresses that have their first bits in common: `10.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    bits: u128,
    mask: u128,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no address or network; write 10.0.0.5 or 10.0.0.0/8");
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let whole: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(whole), str::parse).map_err(|_| wrong())?;
        if length > whole {
            return Err(wrong());
        }
        let free = whole - length;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self { bits: mapped(address) & mask, mask })
    }
}

impl Network {
    fn has(&self, address: IpAddr) -> bool {
        mapped(address) & self.mask == self.bits
    }
}

/// IPv4 as IPv6.
fn mapped(address: IpAddr) -> u128 {
    let v6: Ipv6Addr = match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    v6.to_bits()
}

/// How clients are told apart.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    /// Proxies whose `X-Forwarded-For` is believed.
    trusted: Vec<Network>,
    /// Keys by the SHA-256 of what is presented.
    keys: HashMap<[u8; 32], usize>,
}

impl Clients {
    pub(crate) fn new(trusted: Vec<Network>, keys: impl Iterator<Item = [u8; 32]>) -> Self {
        Self { trusted, keys: keys.enumerate().map(|(i, hash)| (hash, i)).collect() }
    }

    /// Who asks.
    ///
    /// # Errors
    /// If an API key is presented that is none.
    pub(crate) fn of(
        &self,
        headers: &HeaderMap,
        socket: Option<SocketAddr>,
    ) -> Result<Client, Refusal> {
        if let Some(key) = presented(headers) {
            let hash: [u8; 32] = Sha256::digest(key).into();
            return self.keys.get(&hash).map(|i| Client::Key(*i)).ok_or(Refusal::Key);
        }
        let socket = socket.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |s| s.ip());
        Ok(Client::at(self.address(headers, socket)))
    }

    /// The last hop that is no proxy of ours: what stands before it the client could have made up.
    fn address(&self, headers: &HeaderMap, socket: IpAddr) -> IpAddr {
        let trusted = |address: IpAddr| self.trusted.iter().any(|n| n.has(address));
        if !trusted(socket) {
            return socket;
        }
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.filter_map(|l| l.to_str().ok()).flat_map(|l| l.rsplit(','));
        let mut last = socket;
        for hop in hops.take(limits::HOPS) {
            let Some(address) = hop_of(hop.trim()) else { return last };
            last = address;
            if !trusted(address) {
                return address;
            }
        }
        last
    }
}

/// An address as proxies write it, with a port or without.
fn hop_of(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|t| t.split(']').next()).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|s| s.ip()))
}

/// The API key of a request.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    if let Some(key) = headers.get("x-api-key") {
        return Some(key.as_bytes());
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn clients(trusted: &[&str]) -> Clients {
        let trusted = trusted.iter().map(|t| t.parse().unwrap()).collect();
        Clients::new(trusted, [Sha256::digest("secret").into()].into_iter())
    }

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in of {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn socket(text: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(text.parse().unwrap(), 4000))
    }

    fn at(text: &str) -> Client {
        Client::at(text.parse().unwrap())
    }

    #[test]
    fn a_client_cannot_name_itself() {
        let of = |c: &Clients, from: &str, xff: &[&'static str]| {
            let lines: Vec<_> = xff.iter().map(|x| ("x-forwarded-for", *x)).collect();
            c.of(&headers(&lines), socket(from)).unwrap()
        };
        let none = clients(&[]);
        assert_eq!(of(&none, "192.0.2.1", &["198.51.100.7"]), at("192.0.2.1"));
        let proxied = clients(&["10.0.0.0/8", "::1"]);
        assert_eq!(of(&proxied, "10.1.2.3", &["198.51.100.7"]), at("198.51.100.7"));
        assert_eq!(of(&proxied, "192.0.2.1", &["198.51.100.7"]), at("192.0.2.1"));
        // What the client wrote comes first, what the proxy saw last.
        assert_eq!(
            of(&proxied, "10.1.2.3", &["1.1.1.1, 198.51.100.7, 10.9.9.9"]),
            at("198.51.100.7")
        );
        assert_eq!(of(&proxied, "::1", &["1.1.1.1", "198.51.100.7:55"]), at("198.51.100.7"));
        assert_eq!(of(&proxied, "::1", &["[2001:db8::7]:443"]), at("2001:db8::7"));
        assert_eq!(of(&proxied, "10.1.2.3", &["unknown"]), at("10.1.2.3"));
        assert_eq!(of(&proxied, "10.1.2.3", &[]), at("10.1.2.3"));
    }

    #[test]
    fn ipv6_is_told_apart_by_its_first_half() {
        assert_eq!(at("2001:db8:0:1::1"), at("2001:db8:0:1:ffff::9"));
        assert_ne!(at("2001:db8:0:1::1"), at("2001:db8:0:2::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }

    #[test]
    fn keys_are_known_by_their_hash() {
        let c = clients(&[]);
        let of = |h: &[(&'static str, &'static str)]| c.of(&headers(h), socket("192.0.2.1"));
        assert_eq!(of(&[("x-api-key", "secret")]), Ok(Client::Key(0)));
        assert_eq!(of(&[("authorization", "Bearer secret")]), Ok(Client::Key(0)));
        assert_eq!(of(&[("authorization", "Basic secret")]), Ok(at("192.0.2.1")));
        assert_eq!(of(&[("x-api-key", "guessed")]), Err(Refusal::Key));
        assert_eq!(format!("{:?}", at("192.0.2.1")), "Address");
    }

    #[test]
    fn networks_are_read() {
        for good in ["10.0.0.0/8", "10.0.0.1", "::1", "2001:db8::/32", "0.0.0.0/0"] {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0", "::1/129", "host", "10.0.0.0/-1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let v4: Network = "0.0.0.0/0".parse().unwrap();
        assert!(v4.has("203.0.113.1".parse().unwrap()) && !v4.has("2001:db8::1".parse().unwrap()));
    }
}
