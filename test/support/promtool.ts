import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { isOnPath } from './kafka.ts';

const isThere = isOnPath('promtool');

/** Tests that need Prometheus' promtool. Without it they are skipped with a message. */
export const describePromtool = (title: string, define: (this: Mocha.Suite) => void): void => {
  if (isThere) {
    describe(title, define);
    return;
  }
  const need = 'promtool on the PATH (Debian: apt install prometheus)';
  console.log(`SKIPPED: ${title}: this needs ${need}`);
  describe.skip(`${title} (needs ${need})`, define);
};

/** Runs promtool with this input. Resolves with its exit code and output. */
export const promtool = async (args: readonly string[], input = ''): Promise<{ code: number; said: string }> => {
  const child = spawn('promtool', [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  child.stdin.end(input);
  const [code, out, errors] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { code, said: out + errors };
};
