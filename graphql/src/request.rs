//! A GraphQL request as it arrives: in a body, in a query string or in a message. Everything passes
//! [`prepare`], and with it the guard, before anything of it is parsed.

use async_graphql::parser::types::{DocumentOperations, OperationType};
use async_graphql::{Request, Variables};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::guard;
use crate::refusal::{Code, Refusal};

/// A request in a body or a message. Members that are not known are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Params {
    pub(crate) query: Option<String>,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Option<Box<RawValue>>,
    pub(crate) extensions: Option<Box<RawValue>>,
}

/// The same in a query string, where variables and extensions are JSON texts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GetParams {
    pub(crate) query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl GetParams {
    pub(crate) fn into_params(self) -> Result<Params, Refusal> {
        let json = |name: &str, text: Option<String>| match text.filter(|t| !t.is_empty()) {
            None => Ok(None),
            Some(text) => {
                guard::check_json(&text)?;
                RawValue::from_string(text).map(Some).map_err(|_| {
                    Refusal::new(Code::BadRequest, format!("{name} is no JSON"))
                        .hint("write an object, percent-encoded")
                })
            }
        };
        Ok(Params {
            query: self.query,
            operation_name: self.operation_name.filter(|n| !n.is_empty()),
            variables: json("variables", self.variables)?,
            extensions: json("extensions", self.extensions)?,
        })
    }
}

impl Params {
    /// A request of which only the document and the variables matter.
    pub(crate) fn of(query: String, variables: &Value) -> Self {
        let variables = serde_json::value::to_raw_value(variables).ok();
        Self { query: Some(query), variables, ..Self::default() }
    }

    /// From a body. Lists are not taken.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        if body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[') {
            return Err(Refusal::new(Code::BatchNotTaken, "the body is a list of requests")
                .hint("send one request each; HTTP/2 sends them together"));
        }
        serde_json::from_slice(body).map_err(|e| {
            Refusal::new(Code::BadRequest, format!("the body is no GraphQL request: {e}"))
                .hint("send {\"query\": …, \"variables\": {…}}")
        })
    }
}

/// Guards and parses a request.
pub(crate) fn prepare(params: Params) -> Result<Request, Refusal> {
    let query = params.query.filter(|q| !q.trim().is_empty());
    let query = query.ok_or_else(|| {
        Refusal::new(Code::BadRequest, "there is no query").hint("send one as `query`")
    })?;
    let document = guard::check(&query)?;
    let variables = match object("variables", params.variables.as_deref())? {
        Some(map) => Variables::from_json(map),
        None => Variables::default(),
    };
    let extensions = object("extensions", params.extensions.as_deref())?;
    let mut request = Request::new(query).variables(variables);
    request.set_parsed_query(document);
    request.operation_name = params.operation_name;
    // The one that means something here; the others must only be what they claim to be.
    if extensions.is_some_and(|e| e["cost"] == true) {
        request.extensions.insert("cost".to_owned(), true.into());
    }
    Ok(request)
}

fn object(name: &str, text: Option<&RawValue>) -> Result<Option<Value>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    guard::check_json(text.get())?;
    match serde_json::from_str(text.get()) {
        Ok(map @ Value::Object(_)) => Ok(Some(map)),
        Ok(Value::Null) => Ok(None),
        Ok(_) => Err(Refusal::new(Code::BadRequest, format!("{name} must be an object"))),
        Err(e) => Err(Refusal::new(Code::BadRequest, format!("{name} cannot be read: {e}"))),
    }
}

/// What kind of operation the request runs; nothing where none can be chosen.
pub(crate) fn kind(request: &mut Request) -> Option<OperationType> {
    let name = request.operation_name.clone();
    match &request.parsed_query().ok()?.operations {
        DocumentOperations::Single(op) => Some(op.node.ty),
        DocumentOperations::Multiple(ops) => match name {
            Some(name) => ops.get(name.as_str()).map(|op| op.node.ty),
            None if ops.len() == 1 => ops.values().next().map(|op| op.node.ty),
            None => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> &'static str {
        match Params::from_json(body.as_bytes()).and_then(prepare) {
            Ok(_) => "ok",
            Err(e) => e.code.word(),
        }
    }

    #[test]
    fn who_asks_for_the_cost_is_understood() {
        let cost = |extensions: &str| {
            let body = format!(r#"{{"query": "{{ a }}", "extensions": {extensions}}}"#);
            let request = Params::from_json(body.as_bytes()).and_then(prepare).unwrap();
            request.extensions.get("cost").cloned()
        };
        assert_eq!(cost(r#"{"cost": true, "x": [1]}"#), Some(async_graphql::Value::from(true)));
        assert_eq!(cost(r#"{"cost": "true"}"#), None);
        assert_eq!(cost("null"), None);
    }

    #[test]
    fn bodies_are_requests_or_refused() {
        assert_eq!(code(r#"{"query": "{ a }", "id": 7, "variables": null}"#), "ok");
        assert_eq!(code(r#"{"query": "{ a }", "variables": {"extra": [1]}}"#), "ok");
        assert_eq!(code(" \n[{\"query\": \"{ a }\"}]"), "BATCH_NOT_TAKEN");
        for bad in ["", "{", "1", "{}", r#"{"query": 1}"#, r#"{"query": "{ a }", "variables": []}"#]
        {
            assert_eq!(code(bad), "BAD_REQUEST", "{bad}");
        }
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let with = |v: &str| format!(r#"{{"query": "{{ a }}", "variables": {{"v": {v}}}}}"#);
        assert_eq!(code(&with(&deep(20))), "ok");
        assert_eq!(code(&with(&deep(5_000))), "VARIABLES_TOO_DEEP");
        assert_eq!(code(&with(&format!("[{}1]", "1,".repeat(5000)))), "VARIABLES_TOO_MANY");
        let extensions = format!(r#"{{"query": "{{ a }}", "extensions": {}}}"#, deep(5_000));
        assert_eq!(code(&extensions), "VARIABLES_TOO_DEEP");
    }

    #[test]
    fn the_kind_is_that_of_the_operation_that_runs() {
        let of = |query: &str, name: Option<&str>| {
            let mut request = prepare(Params::of(query.to_owned(), &Value::Null)).unwrap();
            request.operation_name = name.map(str::to_owned);
            kind(&mut request)
        };
        assert_eq!(of("{ a }", None), Some(OperationType::Query));
        assert_eq!(of("subscription S { a }", None), Some(OperationType::Subscription));
        let two = "query A { a } mutation B { b }";
        assert_eq!(of(two, Some("B")), Some(OperationType::Mutation));
        assert_eq!(of(two, None), None);
    }
}
