//! What could not be answered is null. The library leaves a field that failed out of its object, also
//! where the schema says that it cannot be null; here its root becomes null, as clients of a typed
//! schema expect.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::{PathSegment, Response, Value};

/// Makes roots null whose selection could not be answered whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct NullRoots;

impl ExtensionFactory for NullRoots {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for NullRoots {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        for error in &response.errors {
            null_root(&mut response.data, &error.path);
        }
        response
    }
}

/// Makes the root of a path null unless there is a value at its end, which may be null itself.
fn null_root(data: &mut Value, path: &[PathSegment]) {
    let Some(PathSegment::Field(root)) = path.first() else { return };
    if is_there(data, path) {
        return;
    }
    if *data == Value::Null {
        *data = Value::Object(async_graphql::indexmap::IndexMap::new());
    }
    if let Value::Object(roots) = data {
        roots.insert(async_graphql::Name::new(root), Value::Null);
    }
}

fn is_there(value: &Value, path: &[PathSegment]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    let next = match (first, value) {
        (PathSegment::Field(name), Value::Object(fields)) => fields.get(name.as_str()),
        (PathSegment::Index(i), Value::List(items)) => items.get(*i),
        _ => None,
    };
    next.is_some_and(|next| is_there(next, rest))
}
