// Cornerstone3D's CPU renderer under the same drag: one stack viewport, one grey frame, a window that moves each frame.
import { init, setUseCPURendering, RenderingEngine, Enums, imageLoader, metaData, eventTarget } from '@cornerstonejs/core';

const SIZE = 700;
const DURATIONS = [];
const later = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (work) => later((now) => {
  const start = performance.now();
  work(now);
  DURATIONS.push(performance.now() - start);
});

function frame(side) {
  const values = new Uint16Array(side * side);
  let seed = 1;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      values[y * side + x] = 1000 + 800 * Math.sin(x * 512 / side / 40) * Math.cos(y * 512 / side / 33) + (seed % 25);
    }
  }
  return values;
}

function load(imageId) {
  const side = Number(imageId.split(':')[1]);
  const values = frame(side);
  let least = Infinity, most = -Infinity;
  for (const value of values) { least = Math.min(least, value); most = Math.max(most, value); }
  return { promise: Promise.resolve({
    imageId, dataType: 'Uint16Array', minPixelValue: least, maxPixelValue: most, slope: 1, intercept: -1024,
    windowCenter: 40, windowWidth: 400, voiLUTFunction: 'LINEAR', rows: side, columns: side, height: side, width: side,
    color: false, rgba: false, numberOfComponents: 1, columnPixelSpacing: 1, rowPixelSpacing: 1, invert: false,
    sizeInBytes: values.byteLength, getPixelData: () => values, photometricInterpretation: 'MONOCHROME2',
    imageFrame: { photometricInterpretation: 'MONOCHROME2' }, preScale: { enabled: false },
    voxelManager: undefined,
  }) };
}

function told(kind, imageId) {
  const side = Number(String(imageId).split(':')[1]);
  switch (kind) {
    case 'imagePixelModule': return { rows: side, columns: side, samplesPerPixel: 1, bitsAllocated: 16, bitsStored: 16,
      highBit: 15, pixelRepresentation: 0, photometricInterpretation: 'MONOCHROME2' };
    case 'imagePlaneModule': return { rows: side, columns: side, imageOrientationPatient: [1, 0, 0, 0, 1, 0],
      rowCosines: [1, 0, 0], columnCosines: [0, 1, 0], imagePositionPatient: [0, 0, 0], columnPixelSpacing: 1,
      rowPixelSpacing: 1, pixelSpacing: [1, 1], frameOfReferenceUID: '1.2.3' };
    case 'voiLutModule': return { windowCenter: [40], windowWidth: [400], voiLUTFunction: 'LINEAR' };
    case 'modalityLutModule': return { rescaleSlope: 1, rescaleIntercept: -1024 };
    case 'generalSeriesModule': return { modality: 'CT' };
  }
  return undefined;
}

async function measure(side, count) {
  const element = document.createElement('div');
  element.style.cssText = `width:${SIZE}px;height:${SIZE}px`;
  document.body.replaceChildren(element);
  const engine = new RenderingEngine(`e${side}`);
  engine.enableElement({ viewportId: 'v', type: Enums.ViewportType.STACK, element });
  const viewport = engine.getViewport('v');
  await viewport.setStack([`bench:${side}`]);
  viewport.render();
  const taken = [];
  for (let step = 0; step < count + 10; step++) {
    const shown = new Promise((done) => element.addEventListener(Enums.Events.IMAGE_RENDERED, done, { once: true }));
    const start = performance.now();
    viewport.setProperties({ voiRange: { lower: -160 - step, upper: 240 + 3 * step } });
    const set = performance.now() - start;
    DURATIONS.length = 0;
    viewport.render();
    await shown;
    const drawing = Math.max(...DURATIONS, 0), flushed = performance.now();
    viewport.getCanvas().getContext('2d').getImageData(0, 0, 1, 1);  // the canvas only notes what to draw until it is read
    if (step >= 10) taken.push(set + drawing + performance.now() - flushed);
    await new Promise((done) => setTimeout(done, 0));
  }
  const canvas = viewport.getCanvas();
  const drawn = () => String(canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 9, 9).data);
  const last = drawn();
  viewport.setProperties({ voiRange: { lower: -1024, upper: 3000 } });
  const changed = new Promise((done) => element.addEventListener(Enums.Events.IMAGE_RENDERED, done, { once: true }));
  viewport.render();
  await changed;
  if (last === drawn()) throw new Error(`the window changed nothing of ${side}`);
  engine.destroy();
  return taken;
}

(async () => {
  const answer = {};
  try {
    init({ useCPURendering: true });
    setUseCPURendering(true);
    imageLoader.registerImageLoader('bench', load);
    metaData.addProvider(told, 1);
    for (const side of [512, 3000]) answer[side] = await measure(side, side > 1000 ? 20 : 60);
  } catch (error) {
    answer.error = String(error.stack || error);
  }
  await fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
})();
