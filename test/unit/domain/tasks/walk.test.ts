import { expect } from 'chai';
import { type KnownNames, ParameterRejected } from '../../../../src/domain/parameters/index.ts';
import { HTTP_TASK } from '../../../../src/domain/tasks/http/stored.ts';
import type { ClearTask } from '../../../../src/domain/tasks/kinds.ts';
import { checkTemplates as checkTemplatesOf, resolveTask as resolveTaskOf } from '../../../../src/domain/tasks/walk.ts';

const resolveTask = (taskConfig: ClearTask<typeof HTTP_TASK>, context: Parameters<typeof resolveTaskOf>[1]) =>
  resolveTaskOf({ taskType: HTTP_TASK, taskConfig }, context);
const checkTemplates = (taskConfig: object, known?: KnownNames) =>
  checkTemplatesOf({ taskType: HTTP_TASK, taskConfig }, known);

const context = {
  atMs: Date.parse('2026-02-04T14:30:00Z'),
  timezone: 'UTC',
  variables: new Map([
    ['HOST', 'api.example.com'],
    ['EVIL', 'a\r\nX-Injected: 1'],
    ['NEXT_LINE', 'a\u0085b'],
  ]),
  secrets: new Map([['KEY', 's3cr3t']]),
};
const at = '2026-02-04T14:30:00.000Z';

describe('parameters: a whole task', () => {
  it('fills in everything but the keys, for one instant', () => {
    const { task, resolvedParameters, secretsUsed } = resolveTask(
      {
        endpoint: 'https://${HOST}',
        path: '/reports/${T-1:YYYY-MM-DD}',
        method: 'POST',
        headers: { 'X-Day': '${T:YYYY-MM-DD}', 'X-Key': '${secret:KEY}' },
        auth: { authMethod: 'basic', username: '${HOST}', password: '${secret:KEY}' },
        body: { '${HOST}': ['${T-1:YYYY-MM-DD}', 7, null, { deep: '$${kept}' }] },
        timeout: 5_000,
      },
      context,
    );
    expect(task).to.deep.equal({
      endpoint: 'https://api.example.com',
      path: '/reports/2026-02-03',
      method: 'POST',
      headers: { 'X-Day': '2026-02-04', 'X-Key': 's3cr3t' },
      auth: { authMethod: 'basic', username: 'api.example.com', password: 's3cr3t' },
      body: { '${HOST}': ['2026-02-03', 7, null, { deep: '${kept}' }] },
      timeout: 5_000,
    });
    expect(resolvedParameters).to.deep.equal([
      { expression: '${HOST}', value: 'api.example.com', at },
      { expression: '${T-1:YYYY-MM-DD}', value: '2026-02-03', at },
      { expression: '${T:YYYY-MM-DD}', value: '2026-02-04', at },
      { expression: '${secret:KEY}', value: '***', at },
    ]);
    expect(secretsUsed).to.deep.equal(['s3cr3t']);
  });

  it('leaves a task without parameters as it is', () => {
    const task = { url: 'https://example.com', method: 'GET' as const, body: 'text' };
    expect(resolveTask(task, context)).to.deep.equal({ task, resolvedParameters: [], secretsUsed: [] });
  });

  it('rejects a value that would end a header', () => {
    for (const name of ['EVIL', 'NEXT_LINE']) {
      const headers = { 'X-A': `static \${${name}}` };
      const attempt = () => resolveTask({ url: 'https://example.com', method: 'GET', headers }, context);
      expect(attempt)
        .to.throw(ParameterRejected, 'header X-A')
        .with.property('message')
        .that.does.not.contain('static');
    }
  });

  it('takes a body with a key named __proto__ for what it is', () => {
    const body = JSON.parse('{"__proto__": {"x": "${HOST}"}}');
    const { task } = resolveTask({ url: 'https://example.com', method: 'POST', body }, context);
    expect(JSON.stringify(task.body)).to.equal('{"__proto__":{"x":"api.example.com"}}');
  });
});

describe('parameters: checking a task', () => {
  it('points at everything that is wrong', () => {
    const rejections = checkTemplates(
      {
        url: 'https://${NOPE}/${T}',
        headers: { 'a/b~c': '${secret:NOPE}', sealed: { $sealed: { generation: 1, box: '${', fingerprint: '' } } },
        auth: { authMethod: 'bearer', token: '${' },
        body: { list: ['fine ${KNOWN} ${T:YYYY}', '${T:MMM}'] },
      },
      { variables: new Set(['KNOWN']), secrets: new Map([['KNOWN', undefined]]) },
    );
    expect(rejections.map(({ pointer, rejection }) => [pointer, rejection.expression])).to.deep.equal([
      ['/url', '${T}'],
      ['/url', '${NOPE}'],
      ['/headers/a~1b~0c', '${secret:NOPE}'],
      ['/auth/token', '${'],
      ['/body/list/1', '${T:MMM}'],
    ]);
  });

  it('leaves names unchecked if they are not handed in', () => {
    expect(checkTemplates({ url: 'https://${HOST}' })).to.deep.equal([]);
  });
});
