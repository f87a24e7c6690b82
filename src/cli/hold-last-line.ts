import { Transform } from 'node:stream';

/** Longer than any manifest: its hashes are at most two for each level of the tree. */
const HELD_BYTES = 65_536;
const LINE_BREAK = 10;

type HoldOptions = {
  /** Whether the last line is kept from whoever reads on. */
  readonly drop: boolean;
  readonly onBytes: (bytes: number) => void;
};

/** A stage of a pipeline that passes bytes on, and knows their last line in the end. */
export const holdLastLine = ({ drop, onBytes }: HoldOptions): { through: Transform; lastLine: () => string } => {
  let held: Buffer = Buffer.alloc(0);
  let lastLine = '';
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      const whole = Buffer.concat([held, chunk]);
      const passed = Math.max(0, whole.length - HELD_BYTES);
      held = whole.subarray(passed);
      done(null, passed === 0 ? undefined : whole.subarray(0, passed));
    },
    flush(done) {
      const ended = held.at(-1) === LINE_BREAK ? held.length - 1 : held.length;
      const start = held.subarray(0, ended).lastIndexOf(LINE_BREAK) + 1;
      lastLine = held.toString('utf8', start, ended);
      done(null, drop ? held.subarray(0, start) : held);
    },
  });
  return { through, lastLine: () => lastLine };
};
