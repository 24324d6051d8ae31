//! One detector: a model on ONNX Runtime, from pictures to detections, on the calling thread.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Class, Detection};
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, TensorElementType, TensorRef, ValueType};

use crate::canvas::{Canvas, Filled};
use crate::family::{Candidate, Layout, Tensor};
use crate::manifest::{Form, Input, Model};
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
    /// How outputs are read, by how many rows the model was given.
    layouts: Vec<(usize, Layout)>,
    classes: Vec<Option<Class>>,
    outputs: Vec<String>,
    canvas: Canvas,
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
        let mut session = runtime
            .session(&model.bytes, providers)
            .map_err(|error| fail(format!("ONNX Runtime refuses it: {error}")))?;
        let input = &model.manifest.input;
        check_input(&session, input).map_err(fail)?;
        let outputs: Vec<String> =
            session.outputs().iter().map(|output| output.name().to_owned()).collect();
        let mut canvas = Canvas::new(input);
        let mut layouts = Vec::new();
        for rows in input.heights() {
            let shapes = if input.rows_step.is_none() {
                output_shapes(&session).map_err(fail)?
            } else {
                // What a model leaves open, it tells when it runs.
                canvas.begin(rows);
                let outputs = run(&mut session, &outputs, &canvas);
                shapes_of(&outputs.map_err(|error| fail(error.to_string()))?).map_err(fail)?
            };
            layouts.push((rows, model.family.layout(input.width, rows, &shapes).map_err(fail)?));
        }
        let labels = layouts.last().map_or(0, |(_, layout)| layout.labels());
        let classes = model
            .manifest
            .classes(labels)
            .map_err(|reason| VisionError::Model { path: model.path.clone(), reason })?;
        Ok(Self { model, session, layouts, classes, outputs, canvas })
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
            mosaic.draw(pictures, &mut self.canvas);
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

    /// Draws a view on the model's input.
    pub fn prepare(&mut self, picture: &Picture, view: &View) {
        Mosaic::single(view.clone()).draw(&[picture], &mut self.canvas);
    }

    /// Runs the model on its input.
    ///
    /// # Errors
    /// Fails when ONNX Runtime does.
    pub fn infer(&mut self) -> Result<Outputs, VisionError> {
        run(&mut self.session, &self.outputs, &self.canvas)
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
        let (_, rows) = self.canvas.size();
        self.layouts
            .iter()
            .find(|(height, _)| *height == rows)
            .and_then(|(_, layout)| layout.read(&tensors, &wanted, least, &mut candidates))
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

/// Runs a model on its input and takes its outputs in the order of their names.
fn run(session: &mut Session, names: &[String], canvas: &Canvas) -> Result<Outputs, VisionError> {
    let fail = |error: ort::Error| VisionError::Detect(error.to_string());
    let tensor: SessionInputValue<'_> = match canvas.filled() {
        Filled::Planes(shape, planes) => {
            TensorRef::from_array_view((shape, planes)).map_err(fail)?.into()
        }
        Filled::Blocks(shape, blocks) => {
            TensorRef::from_array_view((shape, blocks)).map_err(fail)?.into()
        }
    };
    let mut outputs = session.run(ort::inputs![tensor]).map_err(fail)?;
    let taken = names.iter().map(|name| {
        outputs
            .remove(name)
            .ok_or_else(|| VisionError::Detect(format!("the model gave no output {name}")))
    });
    taken.collect::<Result<Vec<_>, _>>().map(Outputs)
}

fn check_input(session: &Session, input: &Input) -> Result<(), String> {
    let [taken] = session.inputs() else {
        return Err(format!("it has {} inputs, expected one", session.inputs().len()));
    };
    let Input { width, height, .. } = *input;
    let (element, name, expected) = match input.form {
        Form::Planes => (TensorElementType::Float32, "f32", [1, 3, height, width]),
        Form::Blocks => (TensorElementType::Uint8, "u8", [1, height / 2, width / 2, 12]),
    };
    let shape = tensor_shape(taken.dtype(), element);
    let fits = shape.as_ref().is_some_and(|shape| {
        // A size of -1 is left open by the model.
        shape.len() == 4
            && shape
                .iter()
                .zip(expected)
                .all(|(&is, must)| is == -1 || usize::try_from(is) == Ok(must))
    });
    if fits {
        return Ok(());
    }
    let shape = shape.map_or(format!("no tensor of {name}"), |shape| format!("{shape:?}"));
    Err(format!("its input is {shape}, the manifest says {expected:?}"))
}

fn output_shapes(session: &Session) -> Result<Vec<Vec<i64>>, String> {
    session
        .outputs()
        .iter()
        .map(|output| {
            tensor_shape(output.dtype(), TensorElementType::Float32)
                .ok_or_else(|| format!("its output {} is no tensor of f32", output.name()))
        })
        .collect()
}

/// Returns the shapes of what a model gave.
fn shapes_of(outputs: &Outputs) -> Result<Vec<Vec<i64>>, String> {
    let shape = |value: &DynValue| {
        tensor_shape(value.dtype(), TensorElementType::Float32)
            .ok_or_else(|| "one of its outputs is no tensor of f32".to_owned())
    };
    outputs.0.iter().map(shape).collect()
}

fn tensor_shape(kind: &ValueType, element: TensorElementType) -> Option<Vec<i64>> {
    match kind {
        ValueType::Tensor { ty, shape, .. } if *ty == element => Some(shape.to_vec()),
        _ => None,
    }
}
