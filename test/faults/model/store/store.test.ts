import { storeConformance } from '../../store-conformance/index.ts';
import { openModel } from './open.ts';

storeConformance('the model store', async () => openModel());
