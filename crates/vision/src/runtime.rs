//! ONNX Runtime, loaded once into the process from the path the configuration gives.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::ep::{self, ExecutionProviderDispatch};
use ort::session::Session;
use tracing::{info, warn};

use crate::VisionError;

/// Providers by name; the CPU needs none of ONNX Runtime's.
const PROVIDERS: [&str; 4] = ["cpu", "cuda", "tensorrt", "openvino"];

/// Returns the names of the execution providers that a configuration may list. Whether the library
/// and the machine have one shows when it is used.
pub fn known_providers() -> &'static [&'static str] {
    &PROVIDERS
}

/// The library in use; the first one loaded stays until the process ends.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// ONNX Runtime. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runtime {
    path: PathBuf,
    environment: Environment,
}

impl Runtime {
    /// Loads the library at `path`, unless it is already loaded.
    ///
    /// # Errors
    /// Fails when the file is missing, is no ONNX Runtime or too old a one, or when the process
    /// already uses another.
    pub fn load(path: &Path) -> Result<Self, VisionError> {
        let fail = |reason: String| VisionError::OnnxRuntime { path: path.into(), reason };
        let canonical = path
            .canonicalize()
            .map_err(|error| fail(format!("{error}; scripts/setup-onnxruntime puts it there")))?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, environment)) = &*loaded {
            if *known != canonical {
                return Err(fail(format!("the process already uses {}", known.display())));
            }
            return Ok(Self { path: canonical, environment: environment.clone() });
        }
        let environment = ort::init_from(&canonical)
            .map_err(|error| fail(error.to_string()))?
            .with_name("watchpost")
            .with_telemetry(false)
            .build()
            .map_err(|error| fail(error.to_string()))?;
        *loaded = Some((canonical.clone(), environment.clone()));
        Ok(Self { path: canonical, environment })
    }

    /// Returns where the library lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a session of one thread on the first of `providers` that can be had, else the CPU.
    pub(crate) fn session(&self, model: &[u8], providers: &[String]) -> Result<Session, String> {
        for name in providers {
            if name == "cpu" {
                break;
            }
            let Some(provider) = accelerator(name) else {
                warn!(provider = name, "unknown execution provider, trying the next");
                continue;
            };
            match self.open(model, Some(provider.error_on_failure())) {
                Ok(session) => {
                    info!(provider = name, "detecting on execution provider");
                    return Ok(session);
                }
                Err(reason) => {
                    warn!(
                        provider = name,
                        reason, "execution provider cannot be had, trying the next"
                    );
                }
            }
        }
        self.open(model, None)
    }

    fn open(
        &self,
        model: &[u8],
        provider: Option<ExecutionProviderDispatch>,
    ) -> Result<Session, String> {
        let text = |error: ort::Error| error.to_string();
        let mut builder = Session::builder(&self.environment)
            .map_err(text)?
            .with_intra_threads(1)
            .map_err(|error| error.to_string())?
            .with_inter_threads(1)
            .map_err(|error| error.to_string())?;
        if let Some(provider) = provider {
            builder =
                builder.with_execution_providers([provider]).map_err(|error| error.to_string())?;
        }
        builder.commit_from_memory(model).map_err(text)
    }
}

fn accelerator(name: &str) -> Option<ExecutionProviderDispatch> {
    match name {
        "cuda" => Some(ep::CUDA::default().build()),
        "tensorrt" => Some(ep::TensorRT::default().build()),
        "openvino" => Some(ep::OpenVINO::default().build()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_provider_can_be_asked_for() {
        for name in known_providers() {
            assert_eq!(accelerator(name).is_none(), *name == "cpu", "{name}");
        }
    }
}
