import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect } from 'chai';
import supertest from 'supertest';
import { testApp } from '../support/http.ts';

/** What a rule of Redocly finds and why it may stay, by rule and place. One that is found no longer has to go. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'operation-2xx-response #/paths/~1sign-in/get/responses': '303: a browser is sent on',
  'operation-4xx-response #/paths/~1openapi.json/get/responses': 'it is for everybody',
  'operation-4xx-response #/paths/~1healthz/get/responses': 'a probe without a token is not rejected',
  'operation-4xx-response #/paths/~1readyz/get/responses': 'a probe without a token is not rejected',
};

const FILE = path.join(import.meta.dirname, '..', '..', 'docs', 'asyncapi.yaml');

/** Lints a description by the rules that Redocly recommends, and a few more. @returns rule and place of what it finds */
const lint = async (source: string, absoluteRef: string): Promise<readonly string[]> => {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      'operation-tag-defined': 'error',
      'operation-description': 'error',
      'no-duplicated-tag-names': 'error',
      // Who may read a topic is set up at the broker.
      ...(absoluteRef === FILE ? { 'security-defined': 'off' } : {}),
    },
  });
  const problems = await lintFromString({ source, absoluteRef, config });
  return problems.map(({ ruleId, location: [place] }) => `${ruleId} ${place?.pointer}`);
};

describe('the descriptions of API and feed, as Redocly reads them', () => {
  it('finds in openapi.json only the exceptions that state why', async () => {
    const { text } = await supertest(testApp().app).get('/_/scheduler/openapi.json').expect(200);
    expect(await lint(text, 'openapi.json')).to.have.members(Object.keys(EXCEPTIONS));
  });

  it('finds nothing in asyncapi.yaml and the schemas that it names', async () => {
    const text = readFileSync(FILE, 'utf8');
    expect(await lint(text, FILE)).to.deep.equal([]);
    expect(await lint(text.replace('action: send', 'action: sent'), FILE)).to.have.lengthOf(1);
    expect(await lint(text.replace('./schemas/scheduler.job', './schemas/scheduler.jab'), FILE)).to.have.lengthOf(1);
  });
});
