"use strict";
// What another site posted into this tab, posted again from here, so that the browser sends this site's cookies along.
HTMLFormElement.prototype.submit.call(document.querySelector("form[data-onward]")); // a field may be called "submit"
