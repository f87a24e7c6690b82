import { expect } from 'chai';
import { parseTargetName, targetNames } from '../../../../src/domain/targets/target-url.ts';

describe('the name of a target', () => {
  for (const [text, name] of [
    ['api.example.com', 'api.example.com'],
    ['API.Example.com.', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com:8443'],
    ['api.example.com:80', 'api.example.com:80'],
    ['api.example.com:443', 'api.example.com:443'],
    ['[::1]:80', '[::1]:80'],
    ['127.0.0.1', '127.0.0.1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['https://API.example.com', 'https://api.example.com'],
    ['https://api.example.com:443/', 'https://api.example.com'],
    ['http://api.example.com.:8080', 'http://api.example.com:8080'],
  ] as const) {
    it(`reads ${text} as ${name}`, () => expect(parseTargetName(text)).to.equal(name));
  }
  for (const text of [
    '',
    'https://api.example.com/path',
    'api.example.com/path',
    'api.example.com?a=1',
    'user@api.example.com',
    'ftp://api.example.com',
    'a b',
    'api.example.com:99999',
    '${HOST}',
  ]) {
    it(`rejects ${JSON.stringify(text)}`, () => expect(parseTargetName(text)).to.equal(undefined));
  }
});

describe('the names of an origin', () => {
  it('are the origin, its host, and its host with the port', () => {
    expect(targetNames('https://api.example.com')).to.deep.equal([
      'https://api.example.com',
      'api.example.com',
      'api.example.com:443',
    ]);
    expect(targetNames('http://api.example.com.:8080')).to.deep.equal([
      'http://api.example.com:8080',
      'api.example.com',
      'api.example.com:8080',
    ]);
  });
  it('are those that a pause of it is read as', () => {
    for (const origin of ['https://api.example.com', 'http://api.example.com', 'https://[::1]:8443']) {
      for (const name of targetNames(origin)) expect(parseTargetName(name)).to.equal(name);
    }
  });
});
