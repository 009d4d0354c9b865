use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    ApiVersionsResponse, InitProducerIdRequest, InitProducerIdResponse, MetadataRequest,
    MetadataResponse, ProduceRequest, ProduceResponse, RequestHeader, ResponseHeader,
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
    TopicName, metadata_request::MetadataRequestTopic,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use kafka_protocol::records::{
    Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use proptest::prelude::*;
use std::io::Write;

use super::*;

const TOPIC: &str = "livepeer";

fn event(id: u32) -> Vec<u8> {
    format!(
        r#"{{"id":"e{id}","type":"stream_trace","timestamp":"178000000{id:04}","gateway":"","data":{{"type":"t","stream_id":"s"}}}}"#
    )
    .into_bytes()
}

fn pack(bytes: &[u8], codec: Compression) -> Vec<u8> {
    match codec {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Compression::Snappy => snap::raw::Encoder::new().compress_vec(bytes).unwrap(),
        Compression::Lz4 => {
            let mut to = lz4_flex::frame::FrameEncoder::new(Vec::new());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(bytes, 3).unwrap(),
    }
}

fn batch(values: &[Option<Vec<u8>>], compression: Compression) -> Bytes {
    let records: Vec<Record> = (0..)
        .zip(values)
        .map(|(i, value)| Record {
            transactional: false,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id: -1,
            producer_epoch: -1,
            timestamp_type: TimestampType::Creation,
            offset: i64::from(i),
            // In order, or each record becomes a batch of its own.
            sequence: i,
            timestamp: 1_780_000_000_000,
            key: Some(Bytes::from_static(b"key")),
            value: value.clone().map(Bytes::from),
            headers: [(StrBytes::from_static_str("h"), Some(Bytes::from_static(b"x")))].into(),
        })
        .collect();
    let mut out = BytesMut::new();
    let packer = |bytes: &mut BytesMut, to: &mut BytesMut, codec: Compression| {
        to.extend(pack(bytes, codec));
        Ok(())
    };
    let options = RecordEncodeOptions { version: 2, compression };
    RecordBatchEncoder::encode_with_custom_compression(&mut out, &records, &options, Some(packer))
        .unwrap();
    out.freeze()
}

fn events(ids: std::ops::Range<u32>) -> Bytes {
    batch(&ids.map(|id| Some(event(id))).collect::<Vec<_>>(), Compression::None)
}

fn produce(topic: &str, partition: i32, acks: i16, records: Bytes) -> ProduceRequest {
    let data = PartitionProduceData::default().with_index(partition).with_records(Some(records));
    let topic = TopicName(StrBytes::from_string(topic.to_owned()));
    let topic = TopicProduceData::default().with_name(topic).with_partition_data(vec![data]);
    ProduceRequest::default().with_acks(acks).with_timeout_ms(4999).with_topic_data(vec![topic])
}

fn request(api: i16, version: i16, header_version: i16, body: &impl Encodable) -> Vec<u8> {
    let header = RequestHeader::default()
        .with_request_api_key(api)
        .with_request_api_version(version)
        .with_correlation_id(7)
        .with_client_id(Some(StrBytes::from_static_str("test")));
    let mut out = BytesMut::new();
    header.encode(&mut out, header_version).unwrap();
    body.encode(&mut out, version).unwrap();
    let mut framed = u32::try_from(out.len()).unwrap().to_be_bytes().to_vec();
    framed.extend(out);
    framed
}

/// An answer without its length; checks the correlation.
fn answer<R: Decodable>(mut bytes: Bytes, header_version: i16, version: i16) -> R {
    let header = ResponseHeader::decode(&mut bytes, header_version).unwrap();
    assert_eq!(header.correlation_id, 7);
    let answer = R::decode(&mut bytes, version).unwrap();
    assert!(bytes.is_empty(), "{} bytes are left over", bytes.len());
    answer
}

async fn reads(client: &mut TcpStream) -> Option<Bytes> {
    let mut length = [0; 4];
    client.read_exact(&mut length).await.ok()?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    client.read_exact(&mut bytes).await.ok()?;
    Some(bytes.into())
}

async fn asks<R: Decodable>(
    client: &mut TcpStream,
    (api, version): (i16, i16),
    (asked, answered): (i16, i16),
    body: &impl Encodable,
) -> R {
    client.write_all(&request(api, version, asked, body)).await.unwrap();
    answer(reads(client).await.expect("an answer"), answered, version)
}

/// An endpoint, and the address at which it listens.
async fn endpoint(login: Option<Login>) -> (KafkaEndpoint, SocketAddr) {
    let here = "127.0.0.1:0".parse().unwrap();
    let mut endpoint = KafkaEndpoint::new("k".into(), here, TOPIC.into(), login, "organic");
    endpoint.listen().await.unwrap();
    let address = endpoint.listening.unwrap();
    (endpoint, address)
}

/// Reads the source for ever; says that rows are recorded if `records`. Counts rows and drops.
fn reading(
    mut endpoint: KafkaEndpoint,
    records: bool,
) -> (tokio::task::JoinHandle<()>, Arc<Mutex<(usize, Drops)>>) {
    let seen = Arc::new(Mutex::new((0, Drops::new())));
    let to = Arc::clone(&seen);
    let task = tokio::spawn(async move {
        loop {
            let reading = endpoint.read(Now::read()).await.unwrap();
            {
                let mut to = to.lock().unwrap();
                to.0 += reading.rows.len();
                for (drop, n) in reading.drops {
                    *to.1.entry(drop).or_default() += n;
                }
            }
            if records {
                reading.recorded.map(|r| r.send(()));
            }
        }
    });
    (task, seen)
}

async fn produces(client: &mut TcpStream, version: i16, request: &ProduceRequest) -> (i16, i64) {
    let answer: ProduceResponse = asks(client, (0, version), (1, 0), request).await;
    let part = &answer.responses[0].partition_responses[0];
    (part.error_code, part.base_offset)
}

#[tokio::test]
async fn versions_are_told_in_any_version() {
    let (_endpoint, address) = endpoint(None).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    for version in 0..=9 {
        // Only the header is read: what follows is different in each version.
        let header = [0, 18, 0, version, 0, 0, 0, 7, 0xff, 0xff, 1, 2, 3];
        let mut bytes = vec![0, 0, 0, 13];
        bytes.extend(header);
        client.write_all(&bytes).await.unwrap();
        let known = version <= 3;
        let told = i16::from(if known { version } else { 0 });
        let answer: ApiVersionsResponse = answer(reads(&mut client).await.unwrap(), 0, told);
        assert_eq!(answer.error_code, if known { 0 } else { 35 });
        let of = |api: i16| {
            let found = answer.api_keys.iter().find(|a| a.api_key == api).unwrap();
            (found.min_version, found.max_version)
        };
        assert_eq!((of(0), of(1), of(10)), ((0, 8), (4, 11), (0, 2)));
        assert_eq!((of(3), of(22)), ((1, 8), (0, 4)));
    }
}

#[tokio::test]
async fn the_topic_is_listed_to_whoever_asks_for_all() {
    let (endpoint, address) = endpoint(None).await;
    let (_task, seen) = reading(endpoint, true);
    let mut client = TcpStream::connect(address).await.unwrap();
    for version in 1..=8 {
        let all = MetadataRequest::default().with_topics(None);
        let got: MetadataResponse = asks(&mut client, (3, version), (1, 0), &all).await;
        let broker = &got.brokers[0];
        assert_eq!((broker.host.as_str(), broker.port), ("127.0.0.1", address.port().into()));
        let topic = &got.topics[0];
        assert_eq!((got.topics.len(), topic.error_code, topic.partitions.len()), (1, 0, 1));
        assert_eq!(topic.name.as_ref().unwrap().as_str(), TOPIC);
        assert_eq!(topic.partitions[0].leader_id, broker.node_id);
        let other = TopicName(StrBytes::from_static_str("other"));
        let other = MetadataRequestTopic::default().with_name(Some(other));
        let other = MetadataRequest::default().with_topics(Some(vec![other]));
        let got: MetadataResponse = asks(&mut client, (3, version), (1, 0), &other).await;
        assert_eq!((got.topics.len(), got.topics[0].error_code), (1, 3));
    }
    for version in 0..=4 {
        let (asked, answered) = if version >= 2 { (2, 1) } else { (1, 0) };
        let ask = InitProducerIdRequest::default();
        let got: InitProducerIdResponse =
            asks(&mut client, (22, version), (asked, answered), &ask).await;
        assert_eq!(got.error_code, 0);
        assert!(got.producer_id.0 >= 0);
    }
    tokio::time::sleep(limits::KAFKA_READ * 2).await;
    assert_eq!(seen.lock().unwrap().1, [(Drop::WrongTopic, 8)].into());
}

#[tokio::test]
async fn events_are_acknowledged_when_they_are_recorded_and_never_before() {
    let (mut endpoint, address) = endpoint(None).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let sent = request(0, 8, 1, &produce(TOPIC, 0, -1, events(0..3)));
    client.write_all(&sent).await.unwrap();
    let reading = endpoint.read(Now::read()).await.unwrap();
    assert_eq!(reading.rows.len(), 3);
    let early = timeout(Duration::from_millis(100), reads(&mut client)).await;
    assert!(early.is_err(), "nothing is recorded yet");
    reading.recorded.unwrap().send(()).unwrap();
    let got: ProduceResponse = answer(reads(&mut client).await.unwrap(), 0, 8);
    let part = &got.responses[0].partition_responses[0];
    assert_eq!((part.error_code, part.base_offset), (0, 0));
    // No disk took them, or the agent stops.
    client.write_all(&sent).await.unwrap();
    drop(endpoint.read(Now::read()).await.unwrap().recorded);
    let got: ProduceResponse = answer(reads(&mut client).await.unwrap(), 0, 8);
    assert_eq!(got.responses[0].partition_responses[0].error_code, code::KAFKA_STORAGE_ERROR);
}

#[tokio::test]
async fn every_version_and_packing_is_taken() {
    let (endpoint, address) = endpoint(None).await;
    let (_task, seen) = reading(endpoint, true);
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut expected = 0;
    for version in 3..=8 {
        let (code, offset) =
            produces(&mut client, version, &produce(TOPIC, 0, 1, events(0..5))).await;
        assert_eq!((code, offset), (0, expected));
        expected += 5;
    }
    use Compression::{Gzip, Lz4, Snappy, Zstd};
    let many: Vec<_> = (0..2000).map(|id| Some(event(id))).collect();
    for codec in [Gzip, Snappy, Lz4, Zstd] {
        let got = produces(&mut client, 8, &produce(TOPIC, 0, 1, batch(&many, codec))).await;
        assert_eq!(got, (0, expected), "{codec:?}");
        expected += 2000;
    }
    assert_eq!(seen.lock().unwrap().0, usize::try_from(expected).unwrap());
}

#[tokio::test]
async fn what_is_no_event_is_counted_and_acknowledged_all_the_same() {
    let (endpoint, address) = endpoint(None).await;
    let (_task, seen) = reading(endpoint, true);
    let mut client = TcpStream::connect(address).await.unwrap();
    let long = vec![b' '; limits::LINE_BYTES + 1];
    let values = [Some(event(1)), Some(b"nonsense".to_vec()), None, Some(long), Some(event(2))];
    let values = batch(&values, Compression::Zstd);
    assert_eq!(produces(&mut client, 8, &produce(TOPIC, 0, -1, values)).await.0, 0);
    let bad = batch(&[Some(b"{}".to_vec())], Compression::None);
    assert_eq!(produces(&mut client, 8, &produce(TOPIC, 0, -1, bad)).await.0, 0);
    // No answer is wanted, and none comes: the next answer is that to the next request.
    let silent = produce(TOPIC, 0, 0, events(3..4));
    client.write_all(&request(0, 8, 1, &silent)).await.unwrap();
    let got = produces(&mut client, 8, &produce("other", 0, -1, events(4..5))).await;
    assert_eq!(got, (3, -1));
    let got = produces(&mut client, 8, &produce(TOPIC, 1, -1, events(4..5))).await;
    assert_eq!(got, (3, -1));
    tokio::time::sleep(limits::KAFKA_READ * 2).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.0, 3);
    let drops = [(Drop::Malformed, 3), (Drop::TooLong, 1), (Drop::WrongTopic, 1)];
    assert_eq!(seen.1, drops.into());
}

#[tokio::test]
async fn what_cannot_be_unpacked_gets_the_error_that_fits() {
    let (endpoint, address) = endpoint(None).await;
    let (_task, seen) = reading(endpoint, true);
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut torn = events(0..2).to_vec();
    torn[70] ^= 1;
    let mut old = events(0..2).to_vec();
    old[16] = 1;
    let zeros = batch(&[Some(vec![0; 900 << 10])], Compression::Gzip);
    let bomb: Vec<u8> = (0..6).flat_map(|_| zeros.to_vec()).collect();
    // A codec that there is not, under a sum that fits.
    let mut odd = events(0..2).to_vec();
    odd[22] |= 7;
    let sum = crc32c::crc32c(&odd[21..]).to_be_bytes();
    odd[17..21].copy_from_slice(&sum);
    for (records, code) in [(torn, 2), (old, 43), (bomb, 10), (odd, 76)] {
        let got = produces(&mut client, 8, &produce(TOPIC, 0, -1, records.into())).await;
        assert_eq!(got, (code, -1));
    }
    assert_eq!(produces(&mut client, 8, &produce(TOPIC, 0, -1, events(0..2))).await.0, 0);
    assert_eq!(seen.lock().unwrap().0, 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let (_endpoint, address) = endpoint(None).await;
    let begun = Instant::now();
    let mut client = TcpStream::connect(address).await.unwrap();
    // Nobody reads the source: the spool is full, say.
    let got = produces(&mut client, 8, &produce(TOPIC, 0, -1, events(0..2))).await;
    assert_eq!(got.0, code::REQUEST_TIMED_OUT);
    assert!(begun.elapsed() <= limits::KAFKA_ANSWER + Duration::from_millis(100));
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(&[0, 0, 0, 50, 0, 18]).await.unwrap();
    let begun = Instant::now();
    assert!(reads(&mut silent).await.is_none());
    assert!(reads(&mut slow).await.is_none());
    assert!(begun.elapsed() <= limits::KAFKA_FRAME * 3);
    assert!(reads(&mut client).await.is_none(), "it has been idle");
    assert!(begun.elapsed() >= limits::KAFKA_IDLE);
}

#[tokio::test]
async fn what_is_not_kafka_is_turned_away() {
    let (_endpoint, address) = endpoint(None).await;
    for (says, answers) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], false),
        (&[0x7f, 0xff, 0xff, 0xff][..], false),
        (&[0, 0, 0, 3, 0, 18, 0][..], false),
        // Fetch is listed, and not served; an API that there is not; a version that there is not.
        (&[0, 0, 0, 10, 0, 1, 0, 11, 0, 0, 0, 7, 0xff, 0xff][..], true),
        (&[0, 0, 0, 10, 0, 99, 0, 0, 0, 0, 0, 7, 0xff, 0xff][..], true),
        (&[0, 0, 0, 10, 0, 3, 0, 9, 0, 0, 0, 7, 0xff, 0xff][..], true),
        // More topics than there are bytes.
        (&[0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 7, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff][..], false),
    ] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(says).await.unwrap();
        let got = reads(&mut client).await;
        let unsupported: &[u8] = &[0, 0, 0, 7, 0, 35];
        assert_eq!(got.as_deref(), answers.then_some(unsupported), "{says:?}");
        assert!(reads(&mut client).await.is_none(), "the connection is closed");
    }
}

#[tokio::test]
async fn a_login_is_asked_for_where_there_is_one() {
    let password = Secret::new("hidden".into());
    let login = Login { user: "gate".into(), password };
    assert!(!format!("{login:?}").contains("hidden"));
    let (endpoint, address) = endpoint(Some(login)).await;
    let (_task, seen) = reading(endpoint, true);
    let mut client = TcpStream::connect(address).await.unwrap();
    let sent = request(0, 8, 1, &produce(TOPIC, 0, -1, events(0..1)));
    client.write_all(&sent).await.unwrap();
    assert!(reads(&mut client).await.is_none(), "nobody is known yet");
    let plain = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str("PLAIN"));
    for (token, good) in [
        ("\0gate\0hidden", true),
        ("gate\0gate\0hidden", true),
        ("\0gate\0hid", false),
        ("x", false),
    ] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let got: SaslHandshakeResponse = asks(&mut client, (17, 1), (1, 0), &plain).await;
        assert_eq!((got.error_code, got.mechanisms[0].as_str()), (0, "PLAIN"));
        let token = Bytes::from_static(token.as_bytes());
        let token = SaslAuthenticateRequest::default().with_auth_bytes(token);
        let got: SaslAuthenticateResponse = asks(&mut client, (36, 1), (1, 0), &token).await;
        assert_eq!(got.error_code, if good { 0 } else { 58 });
        client.write_all(&sent).await.ok();
        assert_eq!(reads(&mut client).await.is_some(), good);
    }
    assert_eq!(seen.lock().unwrap().0, 2);
}

#[tokio::test]
async fn what_is_under_way_is_answered_when_the_endpoint_goes() {
    let (mut endpoint, address) = endpoint(None).await;
    let closing = endpoint.closing();
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    client.write_all(&request(0, 8, 1, &produce(TOPIC, 0, -1, events(0..3)))).await.unwrap();
    let reading = endpoint.read(Now::read()).await.unwrap();
    drop(endpoint);
    assert!(reads(&mut idle).await.is_none());
    reading.recorded.unwrap().send(()).unwrap();
    closing.unwrap().closed().await;
    let got: ProduceResponse = answer(reads(&mut client).await.unwrap(), 0, 8);
    assert_eq!(got.responses[0].partition_responses[0].error_code, 0);
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn connections_are_bounded() {
    let (endpoint, address) = endpoint(None).await;
    let (_task, _) = reading(endpoint, true);
    let mut clients = Vec::new();
    for _ in 0..limits::KAFKA_CONNECTIONS {
        let mut client = TcpStream::connect(address).await.unwrap();
        assert_eq!(produces(&mut client, 8, &produce(TOPIC, 0, 1, events(0..1))).await.0, 0);
        clients.push(client);
    }
    let mut more = TcpStream::connect(address).await.unwrap();
    assert!(reads(&mut more).await.is_none());
    clients.pop();
    for _ in 0..100 {
        let mut again = TcpStream::connect(address).await.unwrap();
        again.write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]).await.ok();
        if reads(&mut again).await.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a place that became free was not given away");
}

/// What the endpoint reads of a request, without a network.
fn read_all(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let Ok(header) = Header::read(&mut reader) else { return };
    if let Ok(Some(topics)) = answer::topics(&mut reader.clone()) {
        assert!(topics.len() <= limits::KAFKA_TOPICS);
    }
    if let Ok(produce) = Produce::read(&mut reader, header.version) {
        let request = unpack(&produce, TOPIC);
        let held: usize = request.events.values.iter().flatten().map(Vec::len).sum();
        assert!(held <= limits::KAFKA_UNPACKED_BYTES);
        assert!(request.events.values.len() <= limits::KAFKA_RECORDS);
        assert!(answer::produced(header, &request.taken).len() <= 64 + 8 * bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 }))]

    #[test]
    fn random_bytes_are_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
        let mut unpacked = Unpacked::default();
        if unpacked.add(&bytes).is_err() {
            prop_assert!(unpacked.values.is_empty());
        }
    }

    #[test]
    fn damaged_requests_are_no_harm(
        codec in prop::sample::select(vec![
            Compression::None,
            Compression::Gzip,
            Compression::Snappy,
            Compression::Lz4,
            Compression::Zstd,
        ]),
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        sum_fits in any::<bool>(),
    ) {
        let values: Vec<_> = (0..20).map(|id| Some(event(id))).collect();
        let mut records = batch(&values, codec).to_vec();
        for (at, byte) in changes {
            let at = at.index(records.len());
            records[at] = byte;
        }
        records.truncate(1 + cut.index(records.len()).max(records.len() / 2));
        if sum_fits && records.len() > 21 {
            let length = u32::try_from(records.len() - 12).unwrap();
            records[8..12].copy_from_slice(&length.to_be_bytes());
            let sum = crc32c::crc32c(&records[21..]).to_be_bytes();
            records[17..21].copy_from_slice(&sum);
        }
        read_all(&request(0, 8, 1, &produce(TOPIC, 0, -1, records.into()))[4..]);
    }
}
