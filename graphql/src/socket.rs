//! GraphQL over WebSocket, as the protocol `graphql-transport-ws` has it.
//!
//! The library's own loop parses a message before anything can look at it; so this one is ours. Every
//! operation passes [`prepare`] as one over HTTP does. Everything is bounded: sockets, operations on
//! each, sizes, and every wait.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use futures::{FutureExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::answer::{Answer, Answers, Caller};
use crate::limits;
use crate::refusal::{self, Code, Media, Refusal};
use crate::request::{self, Params, prepare};

const PROTOCOL: &str = "graphql-transport-ws";

/// All sockets of the API.
pub(crate) struct Sockets {
    answers: Arc<Answers>,
    places: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

impl Sockets {
    pub(crate) fn new(answers: Arc<Answers>, stopping: watch::Receiver<bool>) -> Self {
        Self { answers, places: Arc::new(Semaphore::new(limits::SOCKETS)), stopping }
    }

    /// Answers a request for a socket: with one, or with 503 where there are as many as there may be.
    pub(crate) fn open(&self, upgrade: WebSocketUpgrade, caller: Caller) -> HttpResponse {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let headers = [(header::RETRY_AFTER, limits::RETRY_AFTER_S.to_string())];
            let text = "OVERLOADED: there are as many WebSockets as there may be\n";
            return (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response();
        };
        // Operations are told apart by what they ask, not by the request that opened the socket.
        let caller = Caller { raw: None, ..caller };
        let (answers, stopping) = (Arc::clone(&self.answers), self.stopping.clone());
        upgrade
            .protocols([PROTOCOL])
            .max_message_size(limits::BODY_BYTES)
            .max_frame_size(limits::BODY_BYTES)
            .max_write_buffer_size(limits::SOCKET_BUFFER_BYTES)
            .on_upgrade(move |socket| async move {
                let mut talk = Talk::new(socket, answers, caller);
                if let Some(close) = talk.hold(stopping).await {
                    let frame = CloseFrame { code: close.0, reason: close.1.into() };
                    // Whoever does not take it is gone all the same.
                    drop(
                        timeout(limits::SEND_WAIT, talk.socket.send(Message::Close(Some(frame))))
                            .await,
                    );
                }
                drop(place);
            })
    }
}

/// Why a socket is closed: a code of the protocol, and a reason of at most 123 bytes.
type Close = (u16, String);

fn close<T>(code: u16, reason: impl Into<String>) -> Result<T, Option<Close>> {
    Err(Some((code, reason.into())))
}

/// A message of the client.
#[derive(Debug, Deserialize)]
struct Heard {
    r#type: String,
    id: Option<String>,
    payload: Option<Box<RawValue>>,
}

/// What an operation has to tell: of which turn it is, and whether it is the last.
struct Said {
    id: String,
    turn: u64,
    message: String,
    last: bool,
}

/// One socket.
struct Talk {
    socket: WebSocket,
    answers: Arc<Answers>,
    caller: Caller,
    greeted: bool,
    /// Operations under way by id; an id that is used again has another turn.
    under_way: HashMap<String, (u64, AbortHandle)>,
    turns: u64,
    tasks: JoinSet<()>,
    tell: mpsc::Sender<Said>,
    told: mpsc::Receiver<Said>,
    opened: Instant,
    heard: Instant,
    pinged: Instant,
    used: Instant,
}

impl Talk {
    fn new(socket: WebSocket, answers: Arc<Answers>, caller: Caller) -> Self {
        let (tell, told) = mpsc::channel(limits::SOCKET_QUEUE);
        let now = Instant::now();
        Self {
            socket,
            answers,
            caller,
            greeted: false,
            under_way: HashMap::new(),
            turns: 0,
            tasks: JoinSet::new(),
            tell,
            told,
            opened: now,
            heard: now,
            pinged: now,
            used: now,
        }
    }

    /// Talks until one side has had enough; gives what the client is told at the end, if it is there.
    async fn hold(&mut self, mut stopping: watch::Receiver<bool>) -> Option<Close> {
        if self.socket.protocol().and_then(|p| p.to_str().ok()) != Some(PROTOCOL) {
            return Some((4406, "Subprotocol not acceptable".to_owned()));
        }
        let mut clock = interval(std::time::Duration::from_secs(1));
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                () = async { drop(stopping.wait_for(|stop| *stop).await) } => close(1001, "the server stops"),
                said = self.told.recv() => match said {
                    Some(said) => self.pass_on(said).await,
                    None => Err(None),
                },
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    // Whoever is gone does not hear it.
                    Some(Err(_)) => close(1009, "the message is too large, or broken"),
                    None => Err(None),
                },
                _ = clock.tick() => self.look_at_clock().await,
            };
            if let Err(end) = done {
                self.tasks.abort_all();
                return end;
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), Option<Close>> {
        match timeout(limits::SEND_WAIT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }

    async fn say(&mut self, message: String) -> Result<(), Option<Close>> {
        self.send(Message::Text(message.into())).await
    }

    async fn look_at_clock(&mut self) -> Result<(), Option<Close>> {
        while self.tasks.try_join_next().is_some() {}
        if !self.under_way.is_empty() {
            self.used = Instant::now();
        }
        if !self.greeted && self.opened.elapsed() >= limits::INIT_WAIT {
            return close(4408, "Connection initialisation timeout");
        }
        if self.heard.elapsed() >= limits::SILENCE {
            return close(1001, "no sign of life");
        }
        if self.used.elapsed() >= limits::UNUSED {
            return close(1000, "no operation for a long time");
        }
        if self.pinged.elapsed() >= limits::PING {
            self.pinged = Instant::now();
            self.send(Message::Ping(Vec::new().into())).await?;
        }
        Ok(())
    }

    /// Passes on what an operation says, if nobody has completed it.
    async fn pass_on(&mut self, said: Said) -> Result<(), Option<Close>> {
        if self.under_way.get(&said.id).is_none_or(|(turn, _)| *turn != said.turn) {
            return Ok(());
        }
        if said.last {
            self.under_way.remove(&said.id);
        }
        self.say(said.message).await
    }

    async fn hear(&mut self, message: Message) -> Result<(), Option<Close>> {
        self.heard = Instant::now();
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) => return close(4400, "Invalid message: send text"),
            // The answer to it goes out with the next reading, which then finds the end.
            Message::Close(_) => {
                self.tasks.abort_all();
                self.under_way.clear();
                return Ok(());
            }
        };
        let Ok(heard) = serde_json::from_str::<Heard>(&text) else {
            return close(4400, "Invalid message: it is no JSON object with a type");
        };
        match (heard.r#type.as_str(), heard.id) {
            ("connection_init", _) if self.greeted => {
                close(4429, "Too many initialisation requests")
            }
            ("connection_init", _) => {
                self.greeted = true;
                self.say(json!({ "type": "connection_ack" }).to_string()).await
            }
            ("ping", _) => self.say(json!({ "type": "pong" }).to_string()).await,
            ("pong", _) => Ok(()),
            ("subscribe" | "complete", _) if !self.greeted => close(4401, "Unauthorized"),
            ("subscribe", Some(id)) if !id.is_empty() && id.len() <= limits::SOCKET_ID_CHARS => {
                self.subscribe(id, heard.payload).await
            }
            ("complete", Some(id)) => {
                if let Some((_, task)) = self.under_way.remove(&id) {
                    task.abort();
                }
                Ok(())
            }
            ("subscribe" | "complete", _) => close(
                4400,
                format!("Invalid message: an id has 1 to {} bytes", limits::SOCKET_ID_CHARS),
            ),
            _ => close(4400, "Invalid message: this type is not known"),
        }
    }

    async fn subscribe(
        &mut self,
        id: String,
        payload: Option<Box<RawValue>>,
    ) -> Result<(), Option<Close>> {
        if self.under_way.contains_key(&id) {
            // The reason of a close frame is short, and the id is theirs.
            let id: String = id.chars().filter(char::is_ascii_graphic).take(60).collect();
            return close(4409, format!("Subscriber for {id} already exists"));
        }
        self.used = Instant::now();
        let payload = payload.as_ref().map_or("null", |p| p.get());
        let request = if self.under_way.len() < limits::SOCKET_OPERATIONS {
            Params::from_json(payload.as_bytes()).and_then(prepare)
        } else {
            let limit = limits::SOCKET_OPERATIONS as u64;
            Err(Refusal::new(Code::TooManySubscriptions, "too many operations are under way here")
                .over(limit + 1, limit)
                .hint("complete one first"))
        };
        match request {
            Err(refusal) => self.say(error(&id, &[refusal.into_error()])).await,
            Ok(request) => {
                self.turns += 1;
                let operation = Operation {
                    id: id.clone(),
                    turn: self.turns,
                    answers: Arc::clone(&self.answers),
                    caller: self.caller.clone(),
                    tell: self.tell.clone(),
                };
                let task = self.tasks.spawn(operation.run(request));
                self.under_way.insert(id, (self.turns, task));
                Ok(())
            }
        }
    }
}

fn error(id: &str, errors: &[ServerError]) -> String {
    json!({ "type": "error", "id": id, "payload": errors }).to_string()
}

/// An operation under way.
struct Operation {
    id: String,
    turn: u64,
    answers: Arc<Answers>,
    caller: Caller,
    tell: mpsc::Sender<Said>,
}

impl Operation {
    async fn run(self, request: Request) {
        // A fault of one operation is no reason to end the others.
        if AssertUnwindSafe(self.answer(request)).catch_unwind().await.is_err() {
            let refusal = Refusal::new(Code::Internal, "a fault of the server, and it is logged");
            self.tell(error(&self.id, &[refusal.into_error()]), true).await;
        }
    }

    async fn answer(&self, mut request: Request) {
        if request::kind(&mut request) == Some(OperationType::Subscription) {
            let mut answers = match self.answers.subscribe(&self.caller, request) {
                Ok(answers) => answers,
                Err(refusal) => {
                    self.tell(error(&self.id, &[refusal.error()]), true).await;
                    return;
                }
            };
            while let Some(mut response) = answers.next().await {
                refusal::settle(&mut response);
                if !self.next(&response).await {
                    return;
                }
            }
        } else {
            let goes_on = match self.answers.answer(&self.caller, Media::Json, request).await {
                Answer::Kept(stored, found) => {
                    self.answers.count(found);
                    self.pass(stored.body()).await
                }
                Answer::Unkept(response, _) => self.next(&response).await,
                Answer::Refused(refusal, _) => {
                    self.tell(error(&self.id, &[refusal.error()]), true).await;
                    false
                }
            };
            if !goes_on {
                return;
            }
        }
        self.tell(json!({ "type": "complete", "id": self.id }).to_string(), true).await;
    }

    /// Whether the operation goes on.
    async fn next(&self, response: &Response) -> bool {
        if refusal::is_refused(response) {
            self.tell(error(&self.id, &response.errors), true).await;
            return false;
        }
        self.tell(json!({ "type": "next", "id": self.id, "payload": response }).to_string(), false)
            .await
    }

    /// Tells a whole answer as it is kept; whether the operation goes on.
    async fn pass(&self, body: &[u8]) -> bool {
        let Ok(payload) = serde_json::from_slice::<&RawValue>(body) else { return false };
        let next = json!({ "type": "next", "id": self.id }).to_string();
        // The answer is not read again, only put in.
        let message = format!("{},\"payload\":{payload}}}", next.trim_end_matches('}'));
        self.tell(message, false).await
    }

    /// Whether anyone still listens.
    async fn tell(&self, message: String, last: bool) -> bool {
        let said = Said { id: self.id.clone(), turn: self.turn, message, last };
        self.tell.send(said).await.is_ok()
    }
}
