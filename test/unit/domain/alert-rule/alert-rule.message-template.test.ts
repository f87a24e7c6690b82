import { expect } from 'chai';
import { fillMessage, messageProblem } from '../../../../src/domain/alert-rule/alert-rule.ts';

const VALUES = {
  ...{ job: 'sync', application: 'crm', condition: 'a slot was missed', count: '1' },
  url: 'https://jobs.example.com/1',
};

describe('the message of an alert rule', () => {
  it('has its placeholders filled in, what is filled in is none, and $${ is a literal ${', () => {
    const text = '${application}/${job}: ${condition} (${count}) $${job} ${url}';
    expect(messageProblem(text)).to.equal(undefined);
    expect(fillMessage(text, VALUES)).to.equal('crm/sync: a slot was missed (1) ${job} https://jobs.example.com/1');
    expect(fillMessage('${job}', { ...VALUES, job: '${url}' })).to.equal('${url}');
    expect(messageProblem('no placeholder, 5 $ and {braces}')).to.equal(undefined);
  });

  it('is rejected with any other placeholder, and states which there are', () => {
    const known = '${job}, ${application}, ${condition}, ${count}, ${url}; write a literal ${ as $${';
    for (const wrong of ['${name}', '${secret:KEY}', '${T:YYYY}', '${}', '${ job }']) {
      expect(messageProblem(`at ${wrong}`), wrong).to.equal(`${wrong} is not one of ${known}`);
    }
    expect(messageProblem('${job')).to.match(/^\$\{ is not one of/);
  });
});
