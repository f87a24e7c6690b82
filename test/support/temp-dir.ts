export { passableTempDir } from '../../src/testing/temp-dir.ts';
