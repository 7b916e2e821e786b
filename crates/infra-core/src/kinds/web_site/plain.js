
function handler(event) {
  keepOrSetRequestId(event);
  return event.request;
}
