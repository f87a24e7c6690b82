// Takes calls of jobs with `completion: callback`: answers 202, works, reports progress, and says how it ended.
// It verifies no signature, so use it only for trying things out: `@carillon/receiver` verifies that calls are from Carillon.
// Run it with: PORT=4000 node receiver.mjs
import { createServer } from 'node:http';
import { setTimeout as work } from 'node:timers/promises';

const report = (url, token, body) =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

createServer(async (request, response) => {
  const token = request.headers['carillon-completion-token'];
  const url = request.headers['carillon-completion-url'];
  response.writeHead(202).end();
  for (const percent of [25, 50, 75]) {
    await work(Number(process.env.STEP_MS ?? 1_000));
    await report(url.replace('/complete', '/heartbeat'), token, { progress: { percent } });
  }
  await report(url, token, { status: 'succeeded', result: { rows: 1_204 } });
}).listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => console.log('the receiver listens'));
