// Sound from the microphone as a WAV file: browsers' own recorders give formats that few libraries read.

export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({audio: {channelCount: 1}});
  const context = new AudioContext();
  const source = context.createMediaStreamSource(stream);
  const heard = [];
  await context.audioWorklet.addModule("/worklet.js");
  const node = new AudioWorkletNode(context, "keep");
  node.port.onmessage = (event) => heard.push(event.data);
  source.connect(node);
  return () => {
    source.disconnect();
    for (const track of stream.getTracks()) track.stop();
    const file = new File([wav(heard, context.sampleRate)], "recording.wav", {type: "audio/wav"});
    context.close();
    return file;
  };
}

// Blocks of samples in -1 to 1 as 16-bit WAV.
export function wav(blocks, rate) {
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at, word) => [...word].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * count, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * count, true);
  let at = 44;
  for (const block of blocks) {
    for (const sample of block) {
      view.setInt16(at, 32767 * Math.max(-1, Math.min(1, sample)), true);
      at += 2;
    }
  }
  return view.buffer;
}
