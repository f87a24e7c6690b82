import { expect } from 'chai';
import type { Logger } from '../../../src/runtime/runtime.ts';
import { createLogger, inLogScope, type LoggerConfig, unscoped } from '../../../src/telemetry/logger.ts';

const written = (config: Omit<LoggerConfig, 'output'>, use: (log: Logger) => void): string[] => {
  const lines: string[] = [];
  use(createLogger({ ...config, output: { write: (line) => lines.push(line) } }));
  return lines;
};

describe('logger', () => {
  it('writes one JSON object a line, with level by name', () => {
    const [line = ''] = written({ format: 'json', level: 'info' }, (log) => log.info({ jobId: 7 }, 'started'));
    expect(JSON.parse(line)).to.deep.include({ level: 'info', jobId: 7, msg: 'started' });
  });

  it('names the engine that another process started', () => {
    const of = (format: 'json' | 'terminal') =>
      written({ format, level: 'info', engine: 2 }, (log) => log.info({}, 'up'));
    expect(JSON.parse(of('json')[0] ?? '')).to.deep.include({ engine: 2, msg: 'up' });
    expect(of('terminal')[0]).to.match(/INFO {2}up engine=2\n$/);
  });

  it('names the request that a line belongs to, also in what that waits for', async () => {
    const lines: string[] = [];
    const log = createLogger({ format: 'json', level: 'info', output: { write: (line) => lines.push(line) } });
    const work = async (): Promise<void> => {
      await Promise.resolve();
      log.info({ jobId: 7 }, 'inside');
    };
    await Promise.all(['r1', 'r2'].map((correlationId) => inLogScope({ correlationId }, work)));
    log.info({}, 'outside');
    const [first, second, last] = lines.map((line) => JSON.parse(line));
    expect([first?.correlationId, first?.jobId, second?.correlationId]).to.deep.equal(['r1', 7, 'r2']);
    expect(last).not.to.have.property('correlationId');
  });

  it('names no request in the lines of what works for all', () => {
    const lines: string[] = [];
    const log = createLogger({ format: 'json', level: 'debug', output: { write: (line) => lines.push(line) } });
    const shared = unscoped(log);
    inLogScope({ correlationId: 'r1' }, () => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) shared[level]({ pool: 'main' }, level);
      log.info({}, 'own');
    });
    const told = lines.map((line) => JSON.parse(line));
    const of = ['debug', 'info', 'warn', 'error'].map((level) => [level, level, undefined]);
    expect(told.map(({ level, msg, correlationId }) => [level, msg, correlationId])).to.deep.equal([
      ...of,
      ['info', 'own', 'r1'],
    ]);
  });

  it('leaves out what is below its level', () => {
    expect(written({ format: 'json', level: 'warn' }, (log) => log.info({}, 'hidden'))).to.deep.equal([]);
  });

  it('goes to debug and back while it is in use', () => {
    const lines: string[] = [];
    const log = createLogger({ format: 'json', level: 'warn', output: { write: (line) => lines.push(line) } });
    const levels = [log.toggleDebug(), log.toggleDebug(), log.toggleDebug()];
    log.debug({}, 'seen');
    levels.push(log.toggleDebug());
    log.info({}, 'hidden');
    expect(levels).to.deep.equal(['debug', 'warn', 'debug', 'warn']);
    expect(lines.map((line) => JSON.parse(line).msg)).to.deep.equal(['seen']);
    expect(createLogger({ format: 'json', level: 'debug' }).toggleDebug()).to.equal('info');
  });

  for (const format of ['json', 'terminal'] as const) {
    it(`strikes out credentials (${format})`, () => {
      const secret = 'hunter2';
      const headers = { authorization: secret, Cookie: secret, 'set-cookie': secret };
      const lines = written({ format, level: 'info' }, (log) => log.info({ headers, request: { headers } }, 'seen'));
      expect(lines.join()).to.include('[redacted]').and.not.include(secret);
    });
  }

  it('strikes out what an error carries along', () => {
    const error = Object.assign(new Error('rejected'), { config: { headers: { Authorization: 'hunter2' } } });
    const [line = ''] = written({ format: 'json', level: 'info' }, (log) => log.error({ error, depth: 1 }, 'lost'));
    expect(line).to.include('[redacted]').and.include('"stack"').and.not.include('hunter2');
    expect(error.config.headers.Authorization).to.equal('hunter2');
  });

  it('writes what a terminal would obey as text', () => {
    const [line = ''] = written({ format: 'terminal', level: 'info' }, (log) =>
      log.info({ path: '/a\u001b[2Jb', 'na\u009bme': 'c\u007fd e\u2028f' }, 'told\u001b]0;x\u0007\nagain'),
    );
    expect(line).to.contain('told\\u001b]0;x\\u0007\\u000aagain path=/a\\u001b[2Jb na\\u009bme="c\\u007fd e\\u2028f"');
    expect(line.slice(0, -1)).not.to.match(/[\p{Cc}\u2028\u2029]/u);
  });

  it('keeps an error with its stack on one line of a terminal', () => {
    const lines = written({ format: 'terminal', level: 'info' }, (log) =>
      log.error({ error: new Error('no') }, 'lost'),
    );
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^\d\d:\d\d:\d\d\.\d{3} ERROR lost error=\{.*"message":"no".*\}\n$/);
  });
});
