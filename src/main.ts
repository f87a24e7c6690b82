#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// What was compiled is kept for the next start, which takes about half the time then. Modules loaded before are not.
enableCompileCache();
// A reader that has enough, such as head, closes the pipe: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
const { runProgram } = await import('./cli/program.ts');
await runProgram(process.argv.slice(2));
