// A real Vendure shop on SQLite, listening on a port of this computer only.
// node shop.js PORT FOLDER
'use strict';
const path = require('path');
const [port, folder] = [Number(process.argv[2]), process.argv[3]];
process.chdir(folder);
const { bootstrap, DefaultLogger, LogLevel, dummyPaymentHandler, defaultShippingCalculator, defaultShippingEligibilityChecker, manualFulfillmentHandler } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');

const text = (name, more) => ({ name, type: 'text', nullable: true, public: true, ...more });
const config = {
  apiOptions: { hostname: '127.0.0.1', port, adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
  authOptions: {
    tokenMethod: ['bearer'],
    superadminCredentials: { identifier: 'superadmin', password: process.env.VENDURE_PASSWORD },
    requireVerification: false,
  },
  dbConnectionOptions: { type: 'better-sqlite3', synchronize: true, database: path.join(folder, 'shop.sqlite') },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  customFields: {
    OrderLine: [text('photoUrls', { list: true }), text('dedication')],
    Order: [text('giftMessage'), text('portraitUrl'), { name: 'parcels', type: 'int', nullable: true, public: true }],
    Customer: [text('childName')],
    Address: [text('doorCode')],
  },
  logger: new DefaultLogger({ level: LogLevel.Warn }),
};

const initialData = {
  defaultLanguage: 'en', defaultZone: 'Europe', collections: [], roles: [],
  countries: [{ name: 'France', code: 'FR', zone: 'Europe' }],
  taxRates: [{ name: 'Standard', percentage: 20 }],
  shippingMethods: [{ name: 'Post', price: 500 }],
  paymentMethods: [{ name: 'card', handler: { code: dummyPaymentHandler.code, arguments: [{ name: 'automaticSettle', value: 'true' }] } }],
};

populate(() => bootstrap(config), initialData, path.join(__dirname, 'products.csv'))
  .then(() => console.log('ready'))
  .catch((e) => { console.error(e); process.exit(1); });
