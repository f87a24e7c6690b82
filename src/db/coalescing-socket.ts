import net from 'node:net';

type WriteCallback = (error?: Error | null) => void;

/**
 * A socket that sends everything written in one turn of the event loop together. Pipelined statements then cost one
 * system call and wake the server once, which is most of the cost of a short statement.
 */
export class CoalescingSocket extends net.Socket {
  #isHeld = false;

  constructor() {
    super();
    // Connecting replaces `write`, so the override is set afterwards.
    this.once('connect', () => {
      this.write = this.#writeTogether;
    });
  }

  #writeTogether = (
    data: Uint8Array | string,
    encodingOrDone?: BufferEncoding | WriteCallback,
    done?: WriteCallback,
  ): boolean => {
    this.#hold();
    if (typeof encodingOrDone === 'string') return super.write(data, encodingOrDone, done);
    return super.write(data, encodingOrDone ?? done);
  };

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.cork();
    process.nextTick(() => {
      this.#isHeld = false;
      this.uncork();
    });
  }
}
