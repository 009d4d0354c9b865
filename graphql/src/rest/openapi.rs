//! The `OpenAPI` document, made from the routes.

use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    OperationBuilder, Parameter, ParameterBuilder, ParameterIn, ParameterStyle,
};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, SchemaType};
use utoipa::openapi::{
    Components, ComponentsBuilder, HttpMethod, InfoBuilder, KnownFormat, LicenseBuilder,
    ObjectBuilder, OpenApiBuilder, Paths, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
    SchemaFormat, Type,
};

use super::discovery;
use super::format::FORMATS;
use super::problem::{PROBLEM_JSON, codes};
use super::shape::{ALL, Column, FORMAT, Kind, Param, Route, Source, Takes};
use crate::config::{LICENSE, LICENSE_URL};
use crate::limits;
use crate::sdl::Sdl;

/// What the whole is.
const ABOUT: &str = "Lists of the network's figures, the same as those of GraphQL (/graphql), as JSON, \
    lines of JSON, CSV or Parquet. Times are ISO 8601 UTC; null (in CSV: empty) is \"not known\", never 0. \
    Names of columns are the same in all formats. Every answer is bounded; a list in pages says in a Link \
    header where the next one is.";

/// Statuses of problems.
const PROBLEMS: [&str; 5] = ["400", "406", "429", "500", "503"];

/// The document, as it is served and committed.
pub(super) fn document(sdl: &Sdl, routes: &[Route]) -> String {
    let mut paths = Paths::new();
    let mut components = ComponentsBuilder::new();
    for route in routes {
        let name = row_name(route.def.name);
        components = components.schema(name.as_str(), row(route));
        let path = format!("/v1/{}", route.def.name);
        paths.add_path_operation(path, vec![HttpMethod::Get], operation(route, &name));
    }
    let path = format!("/v1/{}", discovery::NAME);
    paths.add_path_operation(path, vec![HttpMethod::Get], discovery_operation(sdl));
    let licence = LicenseBuilder::new().name(LICENSE).url(Some(LICENSE_URL));
    let info = InfoBuilder::new()
        .title("NaaP")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(licence.build()));
    let document = OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(shared(components)))
        .build();
    let text = document.to_pretty_json().unwrap_or_default();
    text + "\n"
}

fn shared(components: ComponentsBuilder) -> Components {
    let problem = ResponseBuilder::new().description("Why it was refused (RFC 9457).").content(
        PROBLEM_JSON,
        ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
    );
    components.schema("Problem", problem_schema()).response("Problem", problem.build()).build()
}

fn problem_schema() -> Schema {
    let codes = codes().map(|(code, _, _)| code);
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let number = || ObjectBuilder::new().schema_type(Type::Number);
    ObjectBuilder::new()
        .property("type", text().format(Some(SchemaFormat::Custom("uri-reference".to_owned()))))
        .property("title", text())
        .property("status", ObjectBuilder::new().schema_type(Type::Integer))
        .property("detail", text())
        .property("code", text().enum_values(Some(codes)))
        .property("limit", number())
        .property("actual", number())
        .property("hint", text())
        .required("type")
        .required("title")
        .required("status")
        .required("detail")
        .required("code")
        .build()
        .into()
}

/// `reported-vs-observed` as `ReportedVsObservedRow`.
fn row_name(list: &str) -> String {
    let capital = |part: &str| {
        let mut chars = part.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    list.split('-').map(capital).collect::<String>() + "Row"
}

/// Columns that every row has, in every form of the answer.
fn always(route: &Route, column: &Column) -> bool {
    let in_total =
        |total: &super::shape::Shape| total.columns.iter().any(|c| c.name == column.name);
    !matches!(column.from, Source::Key(_)) && route.total.as_ref().is_none_or(in_total)
}

fn row(route: &Route) -> Schema {
    let mut object = ObjectBuilder::new();
    for column in &route.shape.columns {
        object = object.property(column.name.as_str(), cell(column));
        if always(route, column) {
            object = object.required(column.name.as_str());
        }
    }
    object.additional_properties(Some(AdditionalProperties::FreeForm(false))).build().into()
}

fn cell(column: &Column) -> RefOr<Schema> {
    let kind = match column.kind {
        Kind::Text | Kind::Time => Type::String,
        Kind::Int => Type::Integer,
        Kind::Float => Type::Number,
        Kind::Bool => Type::Boolean,
        Kind::Texts => Type::Array,
    };
    let ty = |kind: Type| match column.nullable {
        true => SchemaType::Array(vec![kind, Type::Null]),
        false => SchemaType::Type(kind),
    };
    if column.kind == Kind::Texts {
        let items = ObjectBuilder::new().schema_type(Type::String);
        let list = ArrayBuilder::new().schema_type(ty(kind)).items(items);
        return RefOr::T(list.description(column.about.clone()).build().into());
    }
    let mut object = ObjectBuilder::new().schema_type(ty(kind)).description(column.about.clone());
    if column.kind == Kind::Time {
        object = object.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    }
    if !column.words.is_empty() {
        let words = column.words.iter().map(|w| Value::from(w.as_str()));
        let null = column.nullable.then_some(Value::Null);
        object = object.enum_values(Some(words.chain(null)));
    }
    object.into()
}

fn parameter(param: &Param) -> Parameter {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let words = |words: &[String]| {
        let all = param.all.then(|| ALL.to_owned());
        text().enum_values(Some(words.iter().cloned().chain(all)))
    };
    let mut schema = match &param.takes {
        Takes::Text if param.name == "last" => text().pattern(Some("^[1-9][0-9]{0,4}[smhd]$")),
        Takes::Text => text().min_length(Some(1)).max_length(Some(limits::REST_VALUE_BYTES)),
        Takes::Texts => text().min_length(Some(1)).max_length(Some(limits::REST_NAME_BYTES)),
        // Milliseconds are taken, too, which a schema of texts cannot say beside a format.
        Takes::Time => text()
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples([json!("2026-05-01T12:00:00Z")]),
        Takes::Bool => ObjectBuilder::new().schema_type(Type::Boolean),
        Takes::Int(most) => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(u32::try_from(*most).ok()),
        Takes::Float(most) => {
            let number = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0));
            if *most < f64::MAX { number.maximum(Some(*most)) } else { number }
        }
        Takes::Word(list) | Takes::Words(list) => words(list),
    };
    if let Some(default) = &param.default {
        schema = schema.default(Some(default.as_str().into()));
    }
    let required = if param.required { Required::True } else { Required::False };
    let parameter = ParameterBuilder::new()
        .name(param.name.as_str())
        .parameter_in(ParameterIn::Query)
        .required(required)
        .description(param.about.clone());
    match &param.takes {
        Takes::Texts => {
            let list = ArrayBuilder::new().items(schema).min_items(Some(1));
            let list = list.max_items(Some(limits::SCOPE_VALUES));
            parameter
                .style(Some(ParameterStyle::Form))
                .explode(Some(true))
                .schema(Some(list))
                .build()
        }
        Takes::Words(_) => {
            let list = ArrayBuilder::new().items(schema).min_items(Some(1));
            let list = list.max_items(Some(limits::DIMENSIONS)).unique_items(true);
            parameter
                .style(Some(ParameterStyle::Form))
                .explode(Some(false))
                .schema(Some(list))
                .build()
        }
        _ => parameter.schema(Some(schema)).build(),
    }
}

fn format_parameter() -> Parameter {
    let words = FORMATS.map(|(word, _, _)| word);
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    ParameterBuilder::new()
        .name(FORMAT)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("Goes before the Accept header."))
        .schema(Some(schema))
        .build()
}

fn answered(rows: RefOr<Schema>, route: &Route) -> Response {
    let rows = ArrayBuilder::new().items(rows);
    let mut body = ObjectBuilder::new()
        .property("meta", ObjectBuilder::new().schema_type(Type::Object))
        .property("rows", rows)
        .required("meta")
        .required("rows");
    if route.shape.paged {
        let text = ObjectBuilder::new()
            .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
            .description(Some("`after` of the next page."));
        let page = ObjectBuilder::new()
            .property("hasNextPage", ObjectBuilder::new().schema_type(Type::Boolean))
            .property("endCursor", text)
            .required("hasNextPage")
            .required("endCursor");
        body = body.property("pageInfo", page).required("pageInfo");
    }
    let body = body.build();
    let mut response = ok("The rows.");
    for (word, media, _) in FORMATS {
        let schema: RefOr<Schema> = match word {
            "json" => body.clone().into(),
            "parquet" => ObjectBuilder::new()
                .schema_type(SchemaType::AnyValue)
                .content_media_type(media)
                .into(),
            _ => ObjectBuilder::new().schema_type(Type::String).into(),
        };
        response = response.content(media, ContentBuilder::new().schema(Some(schema)).build());
    }
    let text = || ObjectBuilder::new().schema_type(Type::String);
    if route.shape.paged {
        let link = HeaderBuilder::new()
            .schema(Some(text()))
            .description(Some("The next page, if there is one."));
        response = response.header("Link", link.build());
    }
    response.build()
}

fn ok(about: &str) -> ResponseBuilder {
    let tag = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    let tag = tag.description(Some("For If-None-Match."));
    ResponseBuilder::new().description(about).header("ETag", tag.build())
}

fn with_problems(operation: OperationBuilder) -> OperationBuilder {
    let not_modified = ResponseBuilder::new().description("It is as the client has it.").build();
    let too_long = ResponseBuilder::new().description(
        "The query string is too long: a problem as the others, but without a body beyond 64 KiB.",
    );
    let operation = operation.response("304", not_modified).response("414", too_long.build());
    PROBLEMS.iter().fold(operation, |operation, status| {
        operation.response(*status, Ref::from_response_name("Problem"))
    })
}

fn operation(route: &Route, row: &str) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.def.name))
        .summary(Some(route.about.as_str()))
        .response("200", answered(Ref::from_schema_name(row).into(), route));
    for param in &route.params {
        operation = operation.parameter(parameter(param));
    }
    with_problems(operation.parameter(format_parameter()))
}

fn discovery_operation(sdl: &Sdl) -> OperationBuilder {
    let address = ObjectBuilder::new().schema_type(Type::String).description(Some("Service URI."));
    let row = ObjectBuilder::new()
        .property("address", address)
        .required("address")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let list = ArrayBuilder::new().items(row).max_items(Some(limits::ENDPOINTS));
    let content = ContentBuilder::new().schema(Some(list)).build();
    let mut operation = OperationBuilder::new()
        .operation_id(Some(discovery::NAME))
        .summary(Some(discovery::ABOUT))
        .response("200", ok("The list.").content("application/json", content).build());
    for param in discovery::params(sdl) {
        operation = operation.parameter(parameter(&param));
    }
    with_problems(operation)
}
