//! From a query string to values: every name known, no name twice, every value of its type.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::problem::Problem;
use super::shape::{ALL, Param, Takes};
use crate::limits;

/// What was given, by name.
pub(super) type Given = Map<String, Value>;

/// Reads a query string.
pub(super) fn read(params: &[Param], pairs: &[(String, String)]) -> Result<Given, Problem> {
    let mut given = Given::new();
    for (name, text) in pairs {
        let param = params.iter().find(|p| p.name == *name).ok_or_else(|| unknown(params, name))?;
        let most = match param.takes {
            Takes::Texts => limits::REST_NAME_BYTES,
            _ => limits::REST_VALUE_BYTES,
        };
        if text.len() > most {
            let problem = Problem::new("BAD_PARAMETER", format!("`{name}` is too long"));
            return Err(problem.over(text.len(), most));
        }
        let value = value(param, text)?;
        if param.takes == Takes::Texts {
            let all = given.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            all.as_array_mut().into_iter().for_each(|all| all.push(value.clone()));
            if all.as_array().is_some_and(|all| all.len() > limits::SCOPE_VALUES) {
                let problem =
                    Problem::new("BAD_PARAMETER", format!("`{name}` is given too many times"));
                return Err(problem.over(limits::SCOPE_VALUES + 1, limits::SCOPE_VALUES));
            }
        } else if given.insert(name.clone(), value).is_some() {
            let problem = Problem::new("REPEATED_PARAMETER", format!("`{name}` is given twice"));
            return Err(match &param.takes {
                Takes::Words(_) => problem.hint("put commas between several values"),
                _ => problem.hint("give it once"),
            });
        }
    }
    match params.iter().find(|p| p.required && !given.contains_key(&p.name)) {
        Some(p) => {
            let problem = Problem::new("MISSING_PARAMETER", format!("`{}` is needed", p.name));
            Err(match &p.takes {
                Takes::Word(words) => problem.hint(format!("one of {}", words.join(", "))),
                _ => problem.hint(format!("add {}=…", p.name)),
            })
        }
        None => Ok(given),
    }
}

/// The variables of GraphQL that values are put into.
pub(super) fn variables(params: &[Param], given: Given) -> Given {
    let mut variables = Given::new();
    for (name, value) in given {
        let Some(param) = params.iter().find(|p| p.name == name) else { continue };
        match &param.to {
            (arg, None) => drop(variables.insert(arg.clone(), value)),
            (arg, Some(field)) => {
                let object = variables.entry(arg).or_insert_with(|| Value::Object(Map::new()));
                if let Some(object) = object.as_object_mut() {
                    object.insert(field.clone(), value);
                }
            }
        }
    }
    variables
}

/// Names at most this far from one that is known are taken for a slip.
const NEAR: usize = 3;

/// The name that is most like one that is not known.
pub(super) fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: String = name.chars().take(64).collect::<String>().to_lowercase();
    among
        .map(|n| (strsim::damerau_levenshtein(&n.to_lowercase(), &name), n))
        .min()
        .filter(|(d, _)| *d <= NEAR)
        .map(|(_, n)| n)
}

fn unknown(params: &[Param], name: &str) -> Problem {
    let names = || params.iter().map(|p| p.name.as_str());
    let list = names().collect::<Vec<_>>().join(", ");
    let problem = Problem::new("UNKNOWN_PARAMETER", format!("there is no `{}` here", short(name)));
    problem.hint(match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`? There are {list}"),
        None => format!("there are {list}"),
    })
}

/// What others sent comes back only in part.
pub(super) fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

fn value(param: &Param, text: &str) -> Result<Value, Problem> {
    let name = &param.name;
    let bad = |hint: String| {
        Problem::new("BAD_PARAMETER", format!("`{name}` cannot be {:?}", short(text))).hint(hint)
    };
    if text.is_empty() {
        return Err(bad(format!("leave out `{name}`, or give it a value")));
    }
    match &param.takes {
        // The database keeps no such text, and refuses it as a value.
        Takes::Text | Takes::Texts if text.contains('\0') => {
            Err(bad("leave out the zero byte".to_owned()))
        }
        Takes::Text | Takes::Texts => Ok(text.into()),
        Takes::Int(most) => match text.parse::<usize>() {
            Ok(n) if (1..=*most).contains(&n) => Ok(n.into()),
            _ => Err(bad(format!("a whole number from 1 to {most}"))),
        },
        Takes::Float(most) => match text.parse::<f64>() {
            Ok(x) if (0.0..=*most).contains(&x) => Ok(x.into()),
            _ if *most < f64::MAX => Err(bad(format!("a number from 0 to {most}"))),
            _ => Err(bad("a number from 0 on".to_owned())),
        },
        Takes::Bool => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(bad("true or false".to_owned())),
        },
        Takes::Time => time(text).ok_or_else(|| {
            bad("ISO 8601 such as 2026-05-01T12:00:00Z, or milliseconds since 1970".to_owned())
        }),
        Takes::Word(_) if param.all && text.eq_ignore_ascii_case(ALL) => Ok(Value::Null),
        Takes::Word(words) => word(words, text).ok_or_else(|| {
            let all = if param.all { format!(", {ALL}") } else { String::new() };
            bad(format!("one of {}{all}", words.join(", ")))
        }),
        Takes::Words(words) => {
            let found: Option<Vec<Value>> = text.split(',').map(|t| word(words, t)).collect();
            let hint = || format!("with commas between: {}", words.join(", "));
            found.map(Value::from).ok_or_else(|| bad(hint()))
        }
    }
}

fn word(words: &[String], text: &str) -> Option<Value> {
    let text = text.trim().replace('-', "_");
    words.iter().find(|w| w.eq_ignore_ascii_case(&text)).map(|w| w.as_str().into())
}

fn time(text: &str) -> Option<Value> {
    if let Ok(ms) = text.parse::<i64>() {
        return DateTime::from_timestamp_millis(ms).map(|_| ms.into());
    }
    // In a query string a plus that is not escaped is a space.
    let text = text.replace(' ', "+");
    DateTime::parse_from_rfc3339(&text).ok().map(|_| text.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params() -> Vec<Param> {
        let words = || vec!["ORGANIC".to_owned(), "TEST_LOAD".to_owned()];
        let mut origin = Param::own("origin", Takes::Word(words()), "");
        origin.all = true;
        let mut from = Param::own("from", Takes::Time, "");
        from.to = ("window".to_owned(), Some("from".to_owned()));
        let mut to = Param::own("to", Takes::Time, "");
        to.to = ("window".to_owned(), Some("to".to_owned()));
        vec![
            origin,
            from,
            to,
            Param::own("top", Takes::Int(5), ""),
            Param::own("model", Takes::Text, ""),
            Param::own("region", Takes::Texts, ""),
            Param::own("groupBy", Takes::Words(words()), ""),
            Param::own("minScore", Takes::Float(100.0), ""),
        ]
    }

    fn asked(text: &str) -> Result<Value, Problem> {
        let pairs: Vec<(String, String)> = text
            .split('&')
            .map(|p| p.split_once('=').unwrap())
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        Ok(variables(&params(), read(&params(), &pairs)?).into())
    }

    #[test]
    fn values_become_variables() {
        let hostile = "x\" } } { __schema";
        let got = asked(&format!("origin=test-load&from=0&to=2026-05-01T12:00:00 02:00&top=5&model={hostile}&groupBy=organic,TEST_LOAD&minScore=0.5")).unwrap();
        let expected = json!({ "origin": "TEST_LOAD", "top": 5, "model": hostile, "minScore": 0.5,
            "window": { "from": 0, "to": "2026-05-01T12:00:00+02:00" },
            "groupBy": ["ORGANIC", "TEST_LOAD"] });
        assert_eq!(got, expected);
        assert_eq!(asked("origin=all").unwrap(), json!({ "origin": null }));
        assert_eq!(
            asked("region=a,b").unwrap(),
            json!({ "region": ["a,b"] }),
            "a name may have commas"
        );
        assert_eq!(asked("region=a&region=b").unwrap(), json!({ "region": ["a", "b"] }));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (text, code) in [
            ("origins=ORGANIC", "UNKNOWN_PARAMETER"),
            ("top=1&top=2", "REPEATED_PARAMETER"),
            ("top=6", "BAD_PARAMETER"),
            ("top=0", "BAD_PARAMETER"),
            ("top=-1", "BAD_PARAMETER"),
            ("model=", "BAD_PARAMETER"),
            ("model=a\0b", "BAD_PARAMETER"),
            ("origin=x", "BAD_PARAMETER"),
            ("groupBy=organic,", "BAD_PARAMETER"),
            ("from=yesterday", "BAD_PARAMETER"),
            ("minScore=NaN", "BAD_PARAMETER"),
            ("minScore=101", "BAD_PARAMETER"),
            ("minScore=inf", "BAD_PARAMETER"),
            (&["region=a"; limits::SCOPE_VALUES + 1].join("&"), "BAD_PARAMETER"),
        ] {
            let problem = asked(text).unwrap_err();
            let name = text.split('=').next().unwrap();
            assert_eq!(problem.code, code, "{text}");
            let said = serde_json::to_string(&problem).unwrap();
            assert!(said.contains(&format!("`{name}`")), "{said}");
        }
        let said = serde_json::to_string(&asked("origins=1").unwrap_err()).unwrap();
        assert!(said.contains("did you mean `origin`? There are origin, from, to, top"), "{said}");
        let mut needed = params();
        needed[3].required = true;
        assert_eq!(read(&needed, &[]).unwrap_err().code, "MISSING_PARAMETER");
    }
}
