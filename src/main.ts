#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// What was compiled is kept for the next start, which takes about half the time then. Modules loaded before are not.
enableCompileCache();
const { runProgram } = await import('./cli/program.ts');
await runProgram(process.argv.slice(2));
