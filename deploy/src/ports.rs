//! Ports: is this one free, who has it, give me a free one. Binds for a moment and reads `/proc`;
//! never keeps a port.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;

use rand::RngExt;

use crate::error::{Error, Result};
use crate::limits;
use crate::state::Ports;

/// Ports that are handed out. They lie below the range that the kernel takes for outgoing
/// connections: there, a part that is down for a moment could lose its port, and a client that
/// tries again and again on loopback can even connect to itself.
const RANGE: RangeInclusive<u16> = 15_000..=32_000;

/// Checks that `address` is free and gives it back; port 0 becomes a free one that is none of
/// `taken`.
///
/// # Errors
/// If it is taken or refused; the error names the owner if the system tells, and `flag`.
pub fn claim(flag: &'static str, address: SocketAddr, taken: &[u16]) -> Result<SocketAddr> {
    if address.port() == 0 {
        // Is the host part ours at all?
        let any = TcpListener::bind(address);
        any.map_err(|source| Error::Port { flag, address, source })?;
        return free(address.ip(), taken);
    }
    match TcpListener::bind(address) {
        Ok(_) => Ok(address),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => {
            let owner = owner(address.port()).unwrap_or_else(|| "another program".into());
            Err(Error::PortInUse { flag, address, owner })
        }
        Err(source) => Err(Error::Port { flag, address, source }),
    }
}

/// A free port, none of `taken`.
///
/// # Errors
/// If none was found.
pub fn free(ip: IpAddr, taken: &[u16]) -> Result<SocketAddr> {
    let ephemeral = ephemeral_from();
    let end = (*RANGE.end()).min(ephemeral.saturating_sub(1)).max(*RANGE.start());
    let mut random = rand::rng();
    for _ in 0..limits::PORT_TRIES {
        let address = SocketAddr::new(ip, random.random_range(*RANGE.start()..=end));
        if !taken.contains(&address.port()) && TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(Error::NoFreePort(ip))
}

/// Three free loopback ports for QuestDB, none of `taken`.
///
/// # Errors
/// If there are none.
pub fn for_questdb(taken: &[u16]) -> Result<Ports> {
    let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut taken = taken.to_vec();
    let mut next = || -> Result<SocketAddr> {
        let address = free(ip, &taken)?;
        taken.push(address.port());
        Ok(address)
    };
    Ok(Ports { http: next()?, min: next()?, pg: next()? })
}

/// Where the kernel's own range begins.
fn ephemeral_from() -> u16 {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(32_768)
}

/// Who listens on a port: name and process, where `/proc` tells; other users' processes stay
/// hidden from an ordinary user.
fn owner(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inodes: Vec<u64> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listeners(&table, port))
        .collect();
    let wanted: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let processes = fs::read_dir("/proc").ok()?.flatten().take(limits::MAX_PROCESSES);
    for process in processes {
        let Some(pid) = process.file_name().to_str().and_then(|s| s.parse::<u32>().ok()) else {
            continue;
        };
        for fd in fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(fd.path()) else { continue };
            if target.to_str().is_some_and(|t| wanted.iter().any(|w| w == t)) {
                let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
                let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
                return Some(format!("`{name}` (pid {pid})"));
            }
        }
    }
    None
}

/// Inodes of the sockets that listen on `port`, from the text of `/proc/net/tcp`.
fn listeners(table: &str, port: u16) -> Vec<u64> {
    const LISTEN: &str = "0A";
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, hex_port) = fields.get(1)?.rsplit_once(':')?;
            let matches = u16::from_str_radix(hex_port, 16).ok()? == port;
            let listens = *fields.get(3)? == LISTEN;
            if matches && listens { fields.get(9)?.parse().ok() } else { None }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_taken_port_names_its_owner_and_the_flag() {
        let taken = TcpListener::bind((LOCALHOST, 0)).unwrap();
        let address = taken.local_addr().unwrap();
        let error = claim("--listen", address, &[]).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::PortInUse { .. }), "{text}");
        let me = format!("(pid {})", std::process::id());
        for part in ["--listen", &address.port().to_string(), &me] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        drop(taken);
        assert_eq!(claim("--listen", address, &[]).unwrap(), address);
    }

    #[test]
    fn a_foreign_address_is_refused() {
        // 192.0.2.0/24 is for documentation: no machine has it.
        let error = claim("--grpc", "192.0.2.1:50051".parse().unwrap(), &[]).unwrap_err();
        assert!(matches!(error, Error::Port { flag: "--grpc", .. }), "{error:?}");
        let error = claim("--grpc", "192.0.2.1:0".parse().unwrap(), &[]).unwrap_err();
        assert!(matches!(error, Error::Port { .. }), "{error:?}");
    }

    #[test]
    fn port_0_becomes_a_free_one_outside_the_kernels_range() {
        let address = claim("--listen", SocketAddr::new(LOCALHOST, 0), &[]).unwrap();
        assert!(RANGE.contains(&address.port()));
        TcpListener::bind(address).unwrap();
    }

    #[test]
    fn questdb_gets_three_different_ports() {
        let ports = for_questdb(&[]).unwrap();
        assert!(ports.http != ports.min && ports.min != ports.pg && ports.http != ports.pg);
        assert!(ports.http.ip().is_loopback());
    }

    #[test]
    fn only_listening_sockets_of_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0 100 0 0 10 0\n   1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 778 1 0 100 0 0 10 0\n   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 779 1 0 100 0 0 10 0\n broken line\n";
        assert_eq!(listeners(table, 8080), [777]);
    }
}
