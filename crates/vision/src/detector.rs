//! One detector: a model on ONNX Runtime, from pictures to detections, on the calling thread.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Class, Detection};
use ort::session::Session;
use ort::value::{DynValue, TensorElementType, TensorRef, ValueType};

use crate::family::{Candidate, Layout, Tensor};
use crate::manifest::Model;
use crate::mosaic::{Located, Mosaic};
use crate::overlap::{Sighting, resolve};
use crate::picture::Picture;
use crate::runtime::Runtime;
use crate::view::View;
use crate::{VisionConfig, VisionError};

/// Time spent on one picture, and how often the model ran.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// Filling the model's input.
    pub prepare: Duration,
    /// Running the model.
    pub infer: Duration,
    /// Reading and merging boxes.
    pub postprocess: Duration,
    /// Runs of the model.
    pub inferences: u64,
}

/// A model on ONNX Runtime; owned by the thread that calls it. Uses one thread.
pub struct Detector {
    model: Arc<Model>,
    session: Session,
    layout: Layout,
    classes: Vec<Option<Class>>,
    outputs: Vec<String>,
    planes: Vec<f32>,
}

impl std::fmt::Debug for Detector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detector").field("model", &self.model).finish_non_exhaustive()
    }
}

/// What a run of the model gave, to be read.
#[derive(Debug)]
pub struct Outputs(Vec<DynValue>);

impl Detector {
    /// Loads the library and the model that the configuration names.
    ///
    /// # Errors
    /// Fails when either cannot be used, naming the file and why.
    pub fn load(config: &VisionConfig) -> Result<Self, VisionError> {
        let runtime = Runtime::load(&config.onnxruntime)?;
        Self::open(&runtime, Arc::new(Model::load(&config.model)?), &config.providers)
    }

    /// Opens a session of a model that was read.
    ///
    /// # Errors
    /// Fails when ONNX Runtime cannot use the model, or when its inputs and outputs are not those
    /// of its manifest and family.
    pub fn open(
        runtime: &Runtime,
        model: Arc<Model>,
        providers: &[String],
    ) -> Result<Self, VisionError> {
        let path = model.path.parent().unwrap_or(Path::new("")).join(&model.manifest.file);
        let fail = |reason: String| VisionError::Model { path: path.clone(), reason };
        let session = runtime
            .session(&model.bytes, providers)
            .map_err(|error| fail(format!("ONNX Runtime refuses it: {error}")))?;
        let input = &model.manifest.input;
        check_input(&session, input.width, input.height).map_err(fail)?;
        let shapes = output_shapes(&session).map_err(fail)?;
        let layout = model.family.layout(input.width, input.height, &shapes).map_err(fail)?;
        let classes = model
            .manifest
            .classes(layout.labels())
            .map_err(|reason| VisionError::Model { path: model.path.clone(), reason })?;
        let outputs = session.outputs().iter().map(|output| output.name().to_owned()).collect();
        let planes = vec![0.0; 3 * input.width * input.height];
        Ok(Self { model, session, layout, classes, outputs, planes })
    }

    /// Returns the model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Finds objects in the whole of a picture.
    ///
    /// # Errors
    /// Fails when ONNX Runtime does.
    pub fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, VisionError> {
        let size = (picture.width(), picture.height());
        let whole = View::whole(size, &self.model.manifest.input);
        let (mut found, _) = self.detect_together(&[picture], &[Mosaic::single(whole)])?;
        Ok(found.pop().unwrap_or_default())
    }

    /// Finds objects in parts of several pictures that share inputs, each object once; by picture.
    ///
    /// # Errors
    /// Fails when ONNX Runtime does.
    pub fn detect_together(
        &mut self,
        pictures: &[&Picture],
        inputs: &[Mosaic],
    ) -> Result<(Vec<Vec<Detection>>, Spent), VisionError> {
        let mut spent = Spent::default();
        let mut sightings: Vec<Vec<Sighting>> = pictures.iter().map(|_| Vec::new()).collect();
        for (index, mosaic) in inputs.iter().enumerate() {
            let started = Instant::now();
            mosaic.fill(pictures, &self.model.manifest.input, &mut self.planes);
            let prepared = Instant::now();
            let outputs = self.infer()?;
            let inferred = Instant::now();
            for (located, detection) in self.read(&outputs, |found| mosaic.locate(found))? {
                if let Some(sightings) = sightings.get_mut(located.picture) {
                    sightings.push(Sighting { detection, view: (index, located.part) });
                }
            }
            spent.prepare += prepared - started;
            spent.infer += inferred - prepared;
            spent.postprocess += inferred.elapsed();
            spent.inferences += 1;
        }
        let started = Instant::now();
        let iou = self.model.manifest.thresholds.nms_iou;
        let detections = sightings.into_iter().map(|of_one| resolve(of_one, iou)).collect();
        spent.postprocess += started.elapsed();
        Ok((detections, spent))
    }

    /// Fills the model's input with a view.
    pub fn prepare(&mut self, picture: &Picture, view: &View) {
        let mosaic = Mosaic::single(view.clone());
        mosaic.fill(&[picture], &self.model.manifest.input, &mut self.planes);
    }

    /// Returns the model's input: three planes.
    pub fn input(&self) -> &[f32] {
        &self.planes
    }

    /// Runs the model on its input.
    ///
    /// # Errors
    /// Fails when ONNX Runtime does.
    pub fn infer(&mut self) -> Result<Outputs, VisionError> {
        let fail = |error: ort::Error| VisionError::Detect(error.to_string());
        let input = &self.model.manifest.input;
        let shape = [1, 3, input.height, input.width];
        let tensor = TensorRef::from_array_view((shape, self.planes.as_slice())).map_err(fail)?;
        let mut outputs = self.session.run(ort::inputs![tensor]).map_err(fail)?;
        let taken = self.outputs.iter().map(|name| {
            outputs
                .remove(name)
                .ok_or_else(|| VisionError::Detect(format!("the model gave no output {name}")))
        });
        taken.collect::<Result<Vec<_>, _>>().map(Outputs)
    }

    /// Reads the boxes of wanted classes from what the model gave, unmerged; `locate` tells whose a
    /// box in the input is, if anyone's.
    ///
    /// # Errors
    /// Fails when the outputs are not as announced.
    pub fn read(
        &self,
        outputs: &Outputs,
        locate: impl Fn(&Candidate) -> Option<Located>,
    ) -> Result<Vec<(Located, Detection)>, VisionError> {
        let fail = |error: ort::Error| VisionError::Detect(error.to_string());
        let mut tensors = Vec::with_capacity(outputs.0.len());
        for value in &outputs.0 {
            let (shape, data) = value.try_extract_tensor::<f32>().map_err(fail)?;
            tensors.push(Tensor { shape, data });
        }
        let wanted = |label: usize| matches!(self.classes.get(label), Some(Some(_)));
        let mut candidates: Vec<Candidate> = Vec::new();
        let least = self.model.manifest.thresholds.confidence;
        self.layout
            .read(&tensors, &wanted, least, &mut candidates)
            .ok_or_else(|| VisionError::Detect("an output is shorter than announced".into()))?;
        let detections = candidates.iter().filter_map(|candidate| {
            let class = (*self.classes.get(candidate.label)?)?;
            let located = locate(candidate)?;
            let (bbox, confidence) = (located.bbox, candidate.confidence.min(1.0));
            Some((located, Detection { bbox, class, confidence, colour: None }))
        });
        Ok(detections.collect())
    }
}

fn check_input(session: &Session, width: usize, height: usize) -> Result<(), String> {
    let shape = match session.inputs() {
        [input] => tensor_shape(input.dtype()),
        inputs => return Err(format!("it has {} inputs, expected one", inputs.len())),
    };
    let expected = [Some(1), Some(3), i64::try_from(height).ok(), i64::try_from(width).ok()];
    let fits = shape.as_ref().is_some_and(|shape| {
        // A size of -1 is left open by the model.
        shape.len() == 4
            && shape.iter().zip(expected).all(|(&is, must)| is == -1 || Some(is) == must)
    });
    if fits {
        return Ok(());
    }
    let shape = shape.map_or("no tensor of f32".into(), |shape| format!("{shape:?}"));
    Err(format!("its input is {shape}, the manifest says [1, 3, {height}, {width}]"))
}

fn output_shapes(session: &Session) -> Result<Vec<Vec<i64>>, String> {
    session
        .outputs()
        .iter()
        .map(|output| {
            tensor_shape(output.dtype())
                .ok_or_else(|| format!("its output {} is no tensor of f32", output.name()))
        })
        .collect()
}

fn tensor_shape(kind: &ValueType) -> Option<Vec<i64>> {
    match kind {
        ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } => Some(shape.to_vec()),
        _ => None,
    }
}
