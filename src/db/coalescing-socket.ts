import net from 'node:net';

type Done = (error?: Error | null) => void;

/**
 * A socket that sends all that is written in one turn of the event loop at once. Statements that need not wait for one
 * another then cost one system call, and wake their server once: that is most of what a short statement costs.
 */
export class CoalescingSocket extends net.Socket {
  #isHeld = false;

  constructor() {
    super();
    // Connecting gives a socket the common way to write, whatever its class has.
    this.once('connect', () => {
      this.write = this.#writeTogether;
    });
  }

  #writeTogether = (data: Uint8Array | string, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean => {
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
