import streams from '@eventstore/db-client/generated/streams_pb.js';
import { expect } from 'chai';
import {
  FRAME_BYTES,
  protoWriter,
  readFields,
  readText,
  readUint,
} from '../../../../src/event-store/eventstoredb/protobuf.ts';

const LARGEST = 18_446_744_073_709_551_615n;

/** The field of a message, as it is read again. */
const uintOf = (bytes: Buffer): number | bigint => {
  const reader = { bytes, at: 0 };
  let value: number | bigint = -1;
  readFields(reader, bytes.length, (field) => {
    if (field === 1) value = readUint(reader);
    return field === 1;
  });
  return value;
};

describe('protobuf', () => {
  for (const value of [0, 1, 127, 128, 300, 2 ** 32, Number.MAX_SAFE_INTEGER, 2n ** 53n, LARGEST]) {
    it(`writes ${value}, and reads it again`, () => {
      const writer = protoWriter();
      writer.uint(1, value);
      expect(uintOf(writer.framed().subarray(FRAME_BYTES))).to.equal(value);
    });
  }

  it('writes what the generated code of the client reads, whatever its size', () => {
    const texts = ['', 'ä', 'x'.repeat(127), 'y'.repeat(70_000), 'z'.repeat(128)];
    const writer = protoWriter();
    writer.message(1, () => {
      writer.uint(5, LARGEST);
      writer.message(7, () =>
        writer.message(1, () => {
          for (const text of texts.toReversed()) writer.text(2, text);
        }),
      );
      writer.message(2);
    });
    const framed = writer.framed();
    expect([framed[0], framed.readUInt32BE(1)]).to.deep.equal([0, framed.length - FRAME_BYTES]);
    const options = streams.ReadReq.deserializeBinary(framed.subarray(FRAME_BYTES)).getOptions();
    expect(options?.getCount()).to.equal(String(LARGEST));
    expect(options?.hasAll()).to.equal(true);
    expect(options?.getFilter()?.getStreamIdentifier()?.getPrefixList()).to.deep.equal(texts);
  });

  it('passes over fields that it does not know, of each wire type', () => {
    const bytes = Buffer.from([
      0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 2, 9, 9, 0x25, 1, 2, 3, 4, 0x2a, 1, 0x61,
    ]);
    const reader = { bytes, at: 0 };
    let text = '';
    readFields(reader, bytes.length, (field) => {
      if (field === 5) text = readText(reader);
      return field === 5;
    });
    expect(text).to.equal('a');
  });
});
