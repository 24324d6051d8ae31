//! What each operation needs of who asks: said where it is registered, and nowhere else.

use std::collections::HashMap;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use domain::{AuditAction, Permission};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::state::ApiState;

/// What any operation may be answered with, unless it says more of it itself.
const ANYWHERE: [(&str, &str); 2] = [
    ("400", "A parameter or a part of the address was refused, or one is not known"),
    ("503", "Too much at once, too slow, or stopping: ask again"),
];

/// Where every operation lies.
const ROOT: &str = "/api/v1";

/// What an operation needs of who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing; it may still tell more to who is known.
    Nothing,
    /// A session or a token, whatever it is for.
    SignedIn,
    /// The token of a partner system, which its handler asks for.
    Source,
    /// One of these permissions, for at least one place. Then it speaks of the cameras that any of
    /// them is held for.
    Any(&'static [Permission]),
    /// This permission over the whole site: what it tells or does is not of single cameras.
    WholeSite(Permission),
}

/// What every address needs, by method.
#[derive(Debug, Default)]
pub(crate) struct Rules(HashMap<String, Vec<Rule>>);

#[derive(Debug)]
struct Rule {
    method: Method,
    needs: Needs,
    noted: Option<AuditAction>,
    /// Whether it makes something, once for each `Idempotency-Key`.
    is_once: bool,
}

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// What it needs, and as what it goes into the audit trail before it is answered.
    Needs(Needs, Option<AuditAction>),
    /// There is nothing there: its refusal needs nothing.
    Nowhere,
    /// There is nothing by this method; it takes these.
    OtherMethod(String),
    /// There is something that nobody said what it needs.
    Unsaid,
}

impl Rules {
    pub(crate) fn note(&mut self, path: &str, method: Method, needs: Needs) {
        self.put(path, Rule { method, needs, noted: None, is_once: false });
    }

    fn put(&mut self, path: &str, rule: Rule) {
        self.0.entry(path.to_owned()).or_default().push(rule);
    }

    /// Returns whether `request` makes something, and makes it once for each key.
    pub(crate) fn is_once(&self, request: &Request) -> bool {
        let path = request.extensions().get::<MatchedPath>();
        let methods = path.and_then(|path| self.0.get(path.as_str()));
        let mut rules = methods.into_iter().flatten();
        rules.any(|rule| rule.is_once && rule.method == *request.method())
    }

    /// Returns what `request` needs.
    pub(crate) fn of(&self, request: &Request) -> Found {
        let Some(path) = request.extensions().get::<MatchedPath>() else { return Found::Nowhere };
        let Some(methods) = self.0.get(path.as_str()) else { return Found::Unsaid };
        // A handler of GET answers HEAD, too.
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let said = methods.iter().find(|rule| rule.method == *method);
        let other = || Found::OtherMethod(listed(methods));
        said.map_or_else(other, |rule| Found::Needs(rule.needs, rule.noted))
    }
}

/// Returns methods as the header `Allow` lists them.
fn listed(methods: &[Rule]) -> String {
    let with_head = |rule: &Rule| match rule.method {
        Method::GET => "GET,HEAD".to_owned(),
        _ => rule.method.to_string(),
    };
    methods.iter().map(with_head).collect::<Vec<_>>().join(",")
}

/// Gathers operations, each with what it needs.
pub(crate) struct Operations {
    router: OpenApiRouter<ApiState>,
    rules: Rules,
}

impl Operations {
    pub(crate) fn new() -> Self {
        Self { router: OpenApiRouter::new(), rules: Rules::default() }
    }

    /// Adds the operations that `routes!` made of handlers of one address.
    #[must_use]
    pub(crate) fn add(self, needs: Needs, routes: UtoipaMethodRouter<ApiState>) -> Self {
        self.put(needs, (None, false), routes)
    }

    /// Does the same with operations of which those that make something (POST) make it once, however
    /// often they are asked with the same `Idempotency-Key`.
    #[must_use]
    pub(crate) fn add_once(self, needs: Needs, routes: UtoipaMethodRouter<ApiState>) -> Self {
        self.put(needs, (None, true), routes)
    }

    /// Does the same with operations of which each use goes into the audit trail as `action`.
    #[must_use]
    pub(crate) fn add_noted(
        self,
        needs: Needs,
        action: AuditAction,
        routes: UtoipaMethodRouter<ApiState>,
    ) -> Self {
        self.put(needs, (Some(action), false), routes)
    }

    fn put(
        mut self,
        needs: Needs,
        (noted, once): (Option<AuditAction>, bool),
        routes: UtoipaMethodRouter<ApiState>,
    ) -> Self {
        let (schemas, mut paths, methods) = routes;
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations_of(item) {
                let is_once = once && method == Method::POST;
                describe(operation, needs);
                if is_once {
                    describe_once(operation);
                }
                let rule = Rule { method, needs, noted, is_once };
                self.rules.put(&format!("{ROOT}{path}"), rule);
            }
        }
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// Returns all of them below `/api/v1`, with `head` at the head of their document.
    pub(crate) fn finish(self, mut head: OpenApi) -> (OpenApiRouter<ApiState>, Rules) {
        describe_schemes(head.components.get_or_insert_with(Components::new));
        (OpenApiRouter::with_openapi(head).nest(ROOT, self.router), self.rules)
    }
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let found = [
        (Method::GET, item.get.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
    ];
    found.into_iter().filter_map(|(method, operation)| Some((method, operation?)))
}

/// Says in the document what an operation needs.
fn describe(operation: &mut Operation, needs: Needs) {
    let by = |scheme: &str, scopes: &[Permission]| {
        SecurityRequirement::new(scheme, scopes.iter().map(ToString::to_string))
    };
    let signed_in = |scopes: &[Permission]| vec![by("session", scopes), by("token", scopes)];
    let (security, words) = match needs {
        Needs::Nothing => (Vec::new(), "Needs no log-in.".to_owned()),
        Needs::SignedIn => (signed_in(&[]), "Needs a log-in or a token.".to_owned()),
        Needs::Source => (vec![by("source", &[])], "Needs the token of a source.".to_owned()),
        Needs::Any(permissions) => {
            let listed: Vec<_> = permissions.iter().map(|one| format!("`{one}`")).collect();
            (signed_in(permissions), format!("Needs {}.", listed.join(" or ")))
        }
        Needs::WholeSite(permission) => {
            (signed_in(&[permission]), format!("Needs `{permission}` over the whole site."))
        }
    };
    operation.security = Some(security);
    let description = operation.description.take().filter(|text| !text.is_empty());
    operation.description =
        Some(description.map_or(words.clone(), |text| format!("{text}\n\n{words}")));
    let refusals = match needs {
        Needs::Nothing | Needs::Source => &[][..],
        Needs::SignedIn => &[("401", "Not signed in")][..],
        Needs::Any(_) | Needs::WholeSite(_) => {
            &[("401", "Not signed in"), ("403", "Not permitted")][..]
        }
    };
    for (status, meaning) in refusals.iter().chain(&ANYWHERE) {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let refusal = ResponseBuilder::new()
            .description(*meaning)
            .content("application/problem+json", problem)
            .build();
        operation.responses.responses.entry((*status).to_owned()).or_insert(refusal.into());
    }
}

/// Says in the document that an operation takes a key.
fn describe_once(operation: &mut Operation) {
    let words = "Names the request among the caller's: 1 to 200 visible ASCII characters. The same \
                 request again makes nothing more and is answered alike, for a day";
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(words))
        .schema(Some(text))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(key));
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refusal = ResponseBuilder::new()
        .description("The idempotency key belongs to another request")
        .content("application/problem+json", problem)
        .build();
    operation.responses.responses.entry("422".to_owned()).or_insert(refusal.into());
}

fn describe_schemes(components: &mut Components) {
    let cookie = ApiKeyValue::with_description(
        "__Host-watchpost",
        "A session, as POST /api/v1/session gives it. Over plain HTTP on loopback the cookie is \
         called watchpost: browsers keep no other there.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let bearer = |description: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        SecurityScheme::Http(scheme.description(Some(description)).build())
    };
    let token = "The token of a service, as `watchpost token add` gives it.";
    components.add_security_scheme("token", bearer(token));
    let source = "The token of a partner system, as [[source]] of the configuration names it.";
    components.add_security_scheme("source", bearer(source));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::{Next, from_fn};
    use axum::response::IntoResponse as _;
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use super::*;

    /// Asks a router of which only `GET /known` was spoken of.
    async fn ask(method: Method, path: &str) -> Found {
        let mut rules = Rules::default();
        rules.note("/known", Method::GET, Needs::SignedIn);
        let rules = Arc::new(rules);
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let look = move |request: Request, _: Next| {
            // The test alone receives.
            let _ = sender.send(rules.of(&request));
            std::future::ready(StatusCode::OK.into_response())
        };
        let router: Router = Router::new()
            .route("/known", get(async || ()).merge(post(async || ())))
            .route("/new/{thing}", get(async || ()))
            .fallback(async || ())
            .layer(from_fn(look));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap();
        receiver.recv().unwrap()
    }

    #[tokio::test]
    async fn what_nobody_spoke_of_is_told_apart_from_what_is_not_there() {
        assert_eq!(ask(Method::GET, "/known").await, Found::Needs(Needs::SignedIn, None));
        assert_eq!(ask(Method::HEAD, "/known").await, Found::Needs(Needs::SignedIn, None));
        assert_eq!(ask(Method::POST, "/known").await, Found::OtherMethod("GET,HEAD".to_owned()));
        assert_eq!(ask(Method::GET, "/new/1").await, Found::Unsaid);
        assert_eq!(ask(Method::GET, "/nowhere").await, Found::Nowhere);
    }
}
