<?php
/**
 * Plugin Name:       İzin
 * Description:       Asks your visitors for consent with an unticked box, reports it to an İzin consent registry with its evidence, and takes refusals back within a minute.
 * Version:           1.0.0
 * Requires at least: 6.0
 * Requires PHP:      7.4
 * License:           Apache-2.0
 * Text Domain:       izin
 * Domain Path:       /languages
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

define( 'IZIN_PLUGIN_VERSION', '1.0.0' );
define( 'IZIN_PLUGIN_FILE', __FILE__ );

foreach ( array( 'settings', 'client', 'store', 'queue', 'feed', 'forms', 'confirm', 'profile', 'privacy', 'admin' ) as $izin_part ) {
	require_once __DIR__ . "/includes/class-izin-$izin_part.php";
}
unset( $izin_part );

register_activation_hook( __FILE__, array( 'Izin_Store', 'install' ) );
register_deactivation_hook( __FILE__, array( 'Izin_Queue', 'unschedule' ) );

add_action(
	'init',
	static function () {
		load_plugin_textdomain( 'izin', false, dirname( plugin_basename( IZIN_PLUGIN_FILE ) ) . '/languages' );
	}
);

Izin_Store::hooks();
Izin_Queue::hooks();
Izin_Feed::hooks();
Izin_Forms::hooks();
Izin_Confirm::hooks();
Izin_Profile::hooks();
Izin_Privacy::hooks();
Izin_Admin::hooks();

/**
 * Whether you may write to this address now, for newsletter plugins and themes.
 *
 * The answer is as fresh as the last contact with İzin: at most a minute old while WordPress's cron runs.
 *
 * @param string $address An e-mail address or a telephone number.
 * @param string $channel EPOSTA, MESAJ or ARAMA.
 * @return bool True only where İzin holds a consent in force, no refusal waits or failed and İzin answered within a day.
 */
function izin_may_send( $address, $channel = 'EPOSTA' ) {
	return Izin_Queue::silent_for() < Izin_Feed::FRESH
		&& 'ONAY' === Izin_Store::status( $channel, $address ) && 'RET' !== Izin_Store::last_word( $channel, $address );
}
