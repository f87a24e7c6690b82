import type { Terminal } from './fail.ts';

const [INTERRUPTED, END, ERASE, BACKSPACE] = ['\u0003', '\u0004', '\u007f', '\b'];

/**
 * Prompts for a value on the terminal without echo, or reads standard input if that is no terminal.
 * @throws Error if no value is given
 */
export const readHidden = async (question: string, terminal: Terminal): Promise<string> => {
  const value = terminal.stdin.isTTY ? await typed(question, terminal) : await piped(terminal.stdin);
  if (value === '') throw new Error('The value is empty. Type one, or pipe it in.');
  return value;
};

/** Removes the trailing line break of a file or of `echo`. */
const piped = async (stdin: Terminal['stdin']): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, '');
};

const typed = async (question: string, { stdin, stderr }: Terminal): Promise<string> => {
  stderr.write(`${question}: `);
  stdin.setRawMode?.(true);
  try {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of stdin) {
      for (const letter of decoder.decode(Buffer.from(chunk), { stream: true })) {
        if (letter === INTERRUPTED) throw new Error('Interrupted. Nothing was changed.');
        if (letter === '\r' || letter === '\n' || letter === END) return text;
        text = letter === ERASE || letter === BACKSPACE ? text.slice(0, -1) : text + letter;
      }
    }
    return text;
  } finally {
    stdin.setRawMode?.(false);
    stderr.write('\n');
  }
};
