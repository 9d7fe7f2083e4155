// Hands every block of samples to the page.

class Keep extends AudioWorkletProcessor {
  process([[block]]) {
    if (block) this.port.postMessage(block.slice());
    return true;
  }
}

registerProcessor("keep", Keep);
