use super::*;
use crate::source::testing::{ok, serve, serve_tls};
use naap_schema::generated::{DiscoveryResult, OrchestratorReport};

const MINUTE: Duration = Duration::from_secs(60);

fn settings(targets: &[(&str, String)]) -> Settings {
    Settings {
        interval: MINUTE,
        connects: 3,
        targets_at_most: 60,
        targets: targets.iter().map(|(n, u)| ((*n).to_owned(), Endpoint::of(u).unwrap())).collect(),
    }
}

fn later(now: Now, s: u64) -> Now {
    Now { wall_us: now.wall_us, at: now.at + Duration::from_secs(s) }
}

fn f64_of(row: &Row, field: &str) -> Option<f64> {
    match row.get(field) {
        Some(Value::F64(x)) => Some(*x),
        _ => None,
    }
}

#[tokio::test]
async fn a_round_tells_connections_handshake_and_first_byte() {
    let (plain, secure) = (serve(|_| ok("x")).await, serve_tls(|_| ok("x")).await);
    for (server, url) in [(&plain, plain.url()), (&secure, format!("https://{}", secure.address))] {
        let mut probes = Probes::new(settings(&[("t", url)]), None);
        let row = probes.read(Now::read()).await.unwrap().rows.remove(0);
        assert_eq!(row.check(), Ok(()));
        assert_eq!(row.get("attempts"), Some(&Value::I64(3)));
        assert_eq!(row.get("failures"), Some(&Value::I64(0)));
        assert_eq!(row.get("family"), Some(&Value::text("ipv4")));
        assert_eq!(row.get("target_origin"), Some(&Value::text("configured")));
        let [min, mean, max] = ["connect_min_ms", "connect_mean_ms", "connect_max_ms"]
            .map(|f| f64_of(&row, f).unwrap());
        assert!(min <= mean && mean <= max);
        assert!(f64_of(&row, "jitter_ms").is_some() && f64_of(&row, "first_byte_ms").is_some());
        assert_eq!(f64_of(&row, "tls_ms").is_some(), server.address == secure.address);
        assert_eq!(server.asked(), ["GET / HTTP/1.1"]);
    }
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_failures() {
    for (url, kind, attempts) in
        [("http://127.0.0.1:1", "refused", 3), ("http://a.invalid:1", "dns", 1)]
    {
        let mut probes = Probes::new(settings(&[("t", url.into())]), None);
        let row = probes.read(Now::read()).await.unwrap().rows.remove(0);
        assert_eq!(row.get("failure_kind"), Some(&Value::text(kind)));
        assert_eq!(row.get("failures"), Some(&Value::I64(attempts)));
        assert_eq!(f64_of(&row, "connect_mean_ms"), None, "unknown, not 0");
    }
}

#[tokio::test]
async fn what_a_gateway_saw_never_leads_into_this_network() {
    let server = serve(|_| ok("x")).await;
    let seen = Seen::default();
    for url in [server.url(), format!("http://localhost:{}", server.address.port())] {
        seen.look(&DiscoveryResult { orch_url: Some(url.into()), ..Default::default() }.at(1));
    }
    let mut probes = Probes::new(settings(&[]), Some(seen));
    for _ in 0..2 {
        let row = probes.read(Now::read()).await.unwrap().rows.remove(0);
        assert_eq!(row.get("failure_kind"), Some(&Value::text("address")));
        assert_eq!(row.get("attempts"), Some(&Value::I64(0)), "nothing was tried");
        assert_eq!(row.get("target_origin"), Some(&Value::text("discovered")));
    }
    assert!(server.asked().is_empty());
    assert!(probes.read(Now::read()).await.unwrap().rows.is_empty(), "each once a minute");
}

#[test]
fn only_public_addresses_of_strangers_are_taken() {
    let private = "10.0.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.168.1.1 100.64.0.1 0.0.0.0 \
        224.0.0.1 255.255.255.255 240.0.0.1 198.18.0.1 192.0.2.1 192.0.0.1 :: ::1 fe80::1 fc00::1 \
        fd12::1 fec0::1 ff02::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 2002:7f00:1::1 \
        2001:db8::1 2001::1 3fff::1";
    let to = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 8935);
    for ip in private.split_whitespace() {
        assert_eq!(pick(&[to(ip)], Chosen::Discovered), Err("address"), "{ip}");
        assert_eq!(pick(&[to("8.8.8.8"), to(ip)], Chosen::Discovered), Err("address"), "{ip}");
        assert!(pick(&[to(ip)], Chosen::Configured).is_ok());
    }
    for ip in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111"] {
        assert_eq!(pick(&[to(ip)], Chosen::Discovered), Ok(to(ip)));
    }
    assert_eq!(pick(&[], Chosen::Configured), Err("dns"));
}

#[test]
fn only_what_can_be_connected_to_is_an_endpoint() {
    let url = |u: &str| Endpoint::of(u).map(|e| e.url());
    assert_eq!(url("https://A.example:8935/x?y").as_deref(), Some("https://a.example:8935"));
    assert_eq!(url("http://[2001:db8::1]:1").as_deref(), Some("http://[2001:db8::1]:1"));
    assert_eq!(url("https://a.example").as_deref(), Some("https://a.example:443"));
    for bad in [
        "",
        "a.example:1",
        "ftp://a:1",
        "http://u@a:1",
        "http://a b:1",
        "http://a\r\nX:1",
        "http://a_b:1",
        "http://a:0",
        "http://a:70000",
    ] {
        assert_eq!(url(bad), None, "{bad:?}");
    }
}

#[test]
fn what_was_seen_is_bounded_and_fades() {
    let seen = Seen::default();
    for i in 0..limits::SEEN + 50 {
        let url = format!("https://o-{i}.example:8935");
        seen.look(&OrchestratorReport { orch_uri: Some(url.into()), ..Default::default() }.at(1));
    }
    let smtp =
        DiscoveryResult { orch_url: Some("http://m.example:25".into()), ..Default::default() };
    Seen::look(&seen, &smtp.at(1));
    let now = Instant::now();
    assert_eq!(seen.young(now).len(), limits::SEEN);
    assert!(seen.young(now).iter().all(|e| e.port == 8935));
    assert!(seen.young(now + limits::SEEN_FOR).is_empty());
}

#[test]
fn targets_take_turns_and_none_comes_too_often() {
    let targets: Vec<_> = ["a", "b"].map(|n| (n, format!("http://{n}.example:80"))).into();
    let seen = Seen::default();
    seen.note(Endpoint::of("https://c.example:8935").unwrap(), Instant::now());
    let mut quick = settings(&targets);
    quick.interval = Duration::from_secs(1);
    let mut probes = Probes::new(quick, Some(seen));
    assert_eq!(probes.slot(), Duration::from_secs(1), "60 targets in a minute, not in a second");
    let start = Now::read();
    let order: Vec<_> =
        (0..180).filter_map(|s| Some((s, probes.next(later(start, s).at)?.0))).collect();
    let names: Vec<&str> = order.iter().map(|o| o.1.as_str()).collect();
    let c = "https://c.example:8935";
    assert_eq!(names, ["a", "b", c, "a", "b", c, "a", "b", c]);
    assert!(order.iter().zip(&order[3..]).all(|(x, y)| y.0 - x.0 >= 60), "{order:?}");
}
