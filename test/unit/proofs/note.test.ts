import { expect } from 'chai';
import fc from 'fast-check';
import {
  openAnchor,
  originOf,
  readAnchor,
  readInclusionFile,
  signAnchor,
  tenantOfOrigin,
  writeInclusionFile,
} from '../../../src/proofs/anchor.ts';
import {
  NoteRejected,
  type NoteVerifier,
  noteSigner,
  noteVerifier,
  openNote,
  parseVerifier,
  signNote,
  verifierOf,
  verifierText,
} from '../../../src/proofs/note.ts';
import { leafHash } from '../../../src/proofs/tree.ts';

/** The published example of signed notes, whose private key is published too. */
const NAME = 'PeterNeumann';
const PUBLIC_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PRIVATE_BYTES = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE = 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';
const NOTE = `${TEXT}\n— ${NAME} ${SIGNATURE}\n`;

const signer = noteSigner(NAME, PRIVATE_BYTES);
const known =
  (...verifiers: readonly NoteVerifier[]) =>
  () =>
    verifiers;

describe('signed notes', () => {
  it('are the published bytes', () => {
    expect(signNote(TEXT, signer)).to.equal(NOTE);
    expect(verifierText(verifierOf(signer))).to.equal(PUBLIC_KEY);
  });

  it('open by the published key', () => {
    const { text, signedBy } = openNote(NOTE, known(parseVerifier(PUBLIC_KEY)));
    expect(text).to.equal(TEXT);
    expect(signedBy.map(({ name }) => name)).to.deep.equal([NAME]);
  });

  it('take public keys in no other spelling', () => {
    const wrong = [
      ...Array.from(PUBLIC_KEY, (_, at) => PUBLIC_KEY.slice(0, at)),
      ...Array.from(PUBLIC_KEY, (_, at) => PUBLIC_KEY.slice(at + 1)),
      'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
      'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      PUBLIC_KEY.replace('PeterNeumann', 'PeterNewmann'),
    ];
    for (const text of wrong) expect(() => parseVerifier(text), text).to.throw(NoteRejected);
  });

  it('reject a note of which any one character is another', () => {
    const verifiers = known(parseVerifier(PUBLIC_KEY));
    fc.assert(
      fc.property(fc.nat(NOTE.length - 1), fc.constantFrom('x', '\n', ' ', '+', '—'), (at, character) => {
        fc.pre(NOTE[at] !== character);
        const changed = NOTE.slice(0, at) + character + NOTE.slice(at + 1);
        expect(() => openNote(changed, verifiers)).to.throw(NoteRejected);
      }),
    );
  });

  it('pass over signatures of others, and need one that is trusted', () => {
    const other = noteSigner('other.example/log', Buffer.alloc(32, 7));
    const both = `${NOTE}${signNote(TEXT, other).split('\n\n')[1]}`;
    expect(openNote(both, known(verifierOf(signer))).text).to.equal(TEXT);
    expect(openNote(both, known(verifierOf(signer), verifierOf(other))).signedBy).to.have.length(2);
    expect(() => openNote(NOTE, known(verifierOf(other)))).to.throw(NoteRejected, NAME);
    expect(() => openNote(NOTE, known(noteVerifier(NAME, verifierOf(other).bytes)))).to.throw(NoteRejected);
  });

  it('reject texts and names that no note can have', () => {
    for (const text of ['', 'no line break', 'a\tb\n'])
      expect(() => signNote(text, signer), text).to.throw(NoteRejected);
    for (const name of ['', 'a b', 'a+b']) expect(() => noteSigner(name, PRIVATE_BYTES), name).to.throw(NoteRejected);
  });
});

describe('anchors', () => {
  it('read the published checkpoint', () => {
    const { origin, size, root } = readAnchor(
      [
        'example.com/behind-the-sofa',
        '20852163',
        'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
        '',
        '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=',
        '',
      ].join('\n'),
    );
    expect([origin, size]).to.deep.equal(['example.com/behind-the-sofa', 20852163]);
    expect(root.toString('base64')).to.equal('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=');
  });

  it('are signed under the name of their origin, whatever the tenant is called', () => {
    for (const tenant of ['default', 'Müller & Söhne + Co', 'a/b', 'per%cent']) {
      const origin = originOf({ logId: 'b7f9', tenant });
      const anchor = { origin, size: 12, root: leafHash('x') };
      const note = signAnchor(anchor, signer);
      expect(openAnchor(note, (name) => [noteVerifier(name, verifierOf(signer).bytes)])).to.deep.equal(anchor);
      expect(tenantOfOrigin(origin)).to.equal(tenant);
    }
    expect(tenantOfOrigin('example.com/log')).to.equal(undefined);
  });

  it('reject sizes and roots in any other spelling', () => {
    const root = leafHash('x').toString('base64');
    for (const [size, encoded] of [
      ['01', root],
      ['-1', root],
      ['1e3', root],
      ['99999999999999999', root],
      ['1', root.slice(0, -1)],
      ['1', Buffer.alloc(31).toString('base64')],
    ]) {
      expect(() => readAnchor(signNote(`a\n${size}\n${encoded}\n`, signer)), `${size} ${encoded}`).to.throw(
        NoteRejected,
      );
    }
  });
});

describe('files of inclusion proofs', () => {
  const anchor = signAnchor(
    { origin: originOf({ logId: 'b7f9', tenant: 'default' }), size: 3, root: leafHash('r') },
    signer,
  );
  const file = { content: '{"id":"—"}', index: 2, path: [leafHash('a'), leafHash('b')], anchor };

  it('come back as they were written', () => {
    const { claims, ...read } = readInclusionFile(writeInclusionFile(file));
    expect(read).to.deep.equal(file);
    expect(claims.size).to.equal(3);
  });

  it('read the published layout', () => {
    const hashes = ['gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=', 'B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA='];
    const text = ['c2sp.org/tlog-proof@v1', 'extra YWdl', 'index 73894', ...hashes, '', anchor].join('\n');
    const { index, path, content } = readInclusionFile(text);
    expect([index, content]).to.deep.equal([73894, 'age']);
    expect(path.map((hash) => hash.toString('base64'))).to.deep.equal(hashes);
  });

  it('reject what is cut or has other lines', () => {
    const text = writeInclusionFile(file);
    for (const wrong of [
      text.replace('@v1', '@v2'),
      text.replace('index 2', 'index 02'),
      text.replace('extra ', 'extras '),
      text.replace('\n\n', '\n'),
      text.slice(0, 200),
      text.replace('\nindex', '\nAAAA\nindex'),
    ]) {
      expect(() => readInclusionFile(wrong)).to.throw(NoteRejected);
    }
  });
});
