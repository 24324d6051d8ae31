#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::print_stdout, reason="probe")]
#[path = "../tests/support/mod.rs"]
mod support;
use vision::{decoder::*, detector::*, motion::*, attention::*};
fn main(){
  let units=support::access_units(&support::demo_footage("vtest-h264.mp4").unwrap(),"c",400);
  let mut d=Decoder::new(units[0].format.codec,Feed::OneStream).unwrap();
  let mut det=Detector::load(&support::config()).unwrap();
  let mut m=MotionDetector::default();
  let (mut a1,mut a2)=(Attention::default(),Attention::default());
  let mut st=[[0usize;4];2]; let mut inf=[0u64;2];
  for (i,u) in units.iter().enumerate(){ let mut o=vec![]; d.decode(&u.format,&u.data,u.is_keyframe,&mut o).unwrap();
    if i%2==1 {continue}
    let p=o.remove(0).picture().unwrap(); let mo=m.observe(&p);
    for (k,(a,l)) in [(&mut a1,Load::Heavy),(&mut a2,Load::Light)].into_iter().enumerate(){
      let plan=a.plan(u.time,(p.width(),p.height()),&mo,&[],l,&det.model().manifest.input.clone());
      let (f,s)=det.detect_views(&p,&plan.views).unwrap(); inf[k]+=s.inferences;
      let ps:Vec<_>=f.iter().filter(|x|x.class==domain::Class::Person&&x.confidence>0.25).collect();
      st[k][0]+=ps.len(); st[k][1]+=ps.iter().filter(|x|x.confidence>0.4).count();
      st[k][3]+=f.len()-f.iter().filter(|x|x.class==domain::Class::Person).count();
      for x in 0..ps.len(){for y in x+1..ps.len(){ let (p,q)=(ps[x].bbox,ps[y].bbox); if p.intersection_area(&q)>0.5*p.area().min(q.area()){st[k][2]+=1}}}
    }
  }
  println!("whole: persons>.25 {} >.4 {} overlapping {} others {} inferences {}",st[0][0],st[0][1],st[0][2],st[0][3],inf[0]);
  println!("close: persons>.25 {} >.4 {} overlapping {} others {} inferences {}",st[1][0],st[1][1],st[1][2],st[1][3],inf[1]);
}
