export {
  type ReferenceCart,
  type ReferenceInput,
  type ReferenceOrder,
  type ReferenceReports,
  reference,
} from './reports.ts';
