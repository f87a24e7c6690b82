import { parentPort, workerData } from 'node:worker_threads';
import { yamlDocuments } from './yaml-documents.ts';

/** The thread of `parseYaml`. */
parentPort?.postMessage(yamlDocuments(String(workerData)));
