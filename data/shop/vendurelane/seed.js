// Fills the shop through its own Shop API as customers would, and ships some
// orders through its Admin API. node seed.js URL ORDERS
'use strict';
const [url, count] = [process.argv[2], Number(process.argv[3])];

async function call(path, token, query, variables) {
  const res = await fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token.value ? { authorization: `Bearer ${token.value}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  token.value = res.headers.get('vendure-auth-token') || token.value;
  const body = await res.json();
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  for (const [name, v] of Object.entries(body.data)) if (v && v.errorCode) throw new Error(`${name}: ${v.errorCode} ${v.message}`);
  return body.data;
}

const whole = '__typename ... on ErrorResult { errorCode message }';

async function main() {
  const admin = { value: '' };
  await call('admin-api', admin, `mutation($p: String!) { login(username: "superadmin", password: $p) { ${whole} } }`, { p: process.env.VENDURE_PASSWORD });
  const { productVariants } = await call('admin-api', admin, '{ productVariants { items { id sku } } }');
  const variant = Object.fromEntries(productVariants.items.map((v) => [v.sku, v.id]));
  const made = [];
  for (let i = 0; i < count; i++) {
    const token = { value: '' };
    const who = Math.floor(i / 2); // two orders each
    const photo = (n) => `https://photos.example/uploads/${i}/${n}.jpg`;
    const add = (id, quantity, customFields) => call('shop-api', token,
      `mutation($id: ID!, $n: Int!, $c: OrderLineCustomFieldsInput) { a: addItemToOrder(productVariantId: $id, quantity: $n, customFields: $c) { ${whole} } }`, { id, n: quantity, c: customFields });
    await add(variant.BOOK, 1, { photoUrls: [photo('a'), photo('b')], dedication: 'For Mila PII-dedication' });
    await add(variant.POSTER, 2, { photoUrls: [photo('c')] });
    if (i % 10 === 9) { made.push({ cart: true }); continue; } // a cart that nobody paid
    const address = { fullName: `Ann Lee PII-ship-${i}`, company: 'PII-company', streetLine1: `1 rue A PII-street-${i}`, streetLine2: 'PII-street2', city: 'Lille PII', province: 'PII-nord', postalCode: '59000', countryCode: 'FR', phoneNumber: '+33 600 PII', customFields: { doorCode: 'PII-door' } };
    await call('shop-api', token, `mutation($c: CreateCustomerInput!, $a: CreateAddressInput!, $b: CreateAddressInput!) {
      c: setCustomerForOrder(input: $c) { ${whole} }
      a: setOrderShippingAddress(input: $a) { ${whole} }
      b: setOrderBillingAddress(input: $b) { ${whole} }
      o: setOrderCustomFields(input: { customFields: { giftMessage: "PII-gift", portraitUrl: "portraits/${i}/hero.png", parcels: 1 } }) { ${whole} }
    }`, { c: { emailAddress: `client${who}@example.fr`, firstName: `Ann${who}`, lastName: 'Lee PII', phoneNumber: '+33 611 PII' }, a: address, b: { ...address, fullName: `Ann Lee PII-bill-${i}` } });
    const { eligibleShippingMethods } = await call('shop-api', token, '{ eligibleShippingMethods { id } }');
    await call('shop-api', token, `mutation($s: [ID!]!) { s: setOrderShippingMethod(shippingMethodId: $s) { ${whole} } t: transitionOrderToState(state: "ArrangingPayment") { ${whole} } }`, { s: [eligibleShippingMethods[0].id] });
    const { p } = await call('shop-api', token, `mutation { p: addPaymentToOrder(input: { method: "card", metadata: { holder: "Ann Lee PII-card" } }) { ${whole} ... on Order { id code } } }`);
    const { order } = await call('admin-api', admin, 'query($id: ID!) { order(id: $id) { id code state lines { id quantity } customer { id } } }', { id: p.id });
    await call('admin-api', admin, 'mutation($n: AddNoteToOrderInput!) { addNoteToOrder(input: $n) { id } }', { n: { id: order.id, note: `PII-note-${i} phoned about the face`, isPublic: false } });
    if (i % 2 === 0) {
      const { f } = await call('admin-api', admin, `mutation($i: FulfillOrderInput!) { f: addFulfillmentToOrder(input: $i) { ${whole} ... on Fulfillment { id state } } }`,
        { i: { lines: order.lines.map((l) => ({ orderLineId: l.id, quantity: l.quantity })), handler: { code: 'manual-fulfillment', arguments: [{ name: 'method', value: 'Post' }, { name: 'trackingCode', value: 'PII-track' }] } } });
      for (const state of ['Shipped', 'Delivered']) await call('admin-api', admin, `mutation($id: ID!, $s: String!) { t: transitionFulfillmentToState(id: $id, state: $s) { ${whole} } }`, { id: f.id, s: state });
    } else if (i % 10 === 5) {
      await call('admin-api', admin, `mutation($i: CancelOrderInput!) { c: cancelOrder(input: $i) { ${whole} } }`, { i: { orderId: order.id, reason: 'PII-reason' } });
    }
    made.push({ id: order.id, code: order.code });
  }
  await call('admin-api', admin, `mutation($c: CreateCustomerInput!) { c: createCustomer(input: $c, password: "long-enough-1") { ${whole} } }`, { c: { emailAddress: 'idle@example.fr', firstName: 'Idle', lastName: 'PII' } });
  console.log(JSON.stringify({ orders: made.filter((o) => o.id).length, carts: made.filter((o) => o.cart).length }));
}
main().catch((e) => { console.error(e.message); process.exit(1); });
